/** known_hosts: which lines are about a host, and what they make of the key it shows. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  entriesFor,
  fingerprint,
  judgeKey,
  keyTypeOf,
  knownHostLine,
  knownHostName,
  learntName,
  namesMatch,
  parseKnownHosts,
} from '../../../../src/ssh/connect/known-hosts.js'

/** A public key in wire format, of a type that carries 32 bytes. */
function publicKey(seed: string, type = 'ssh-ed25519'): Buffer {
  const field = (content: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, content.length]), content])
  return Buffer.concat([field(Buffer.from(type)), field(Buffer.alloc(32, seed))])
}

const key = publicKey('a')
const otherKey = publicKey('b')

function hashed(name: string): string {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

function judge(text: string, name: string, shown: Buffer) {
  return judgeKey(entriesFor(parseKnownHosts(text, 'known_hosts'), name), shown).kind
}

describe('known_hosts name matching', () => {
  it.each([
    ['cp1', 'cp1', true],
    ['cp1,10.0.0.1', '10.0.0.1', true],
    ['CP1.Example.com', 'cp1.example.com', true],
    ['cp1', 'cp11', false],
    ['[cp1]:2222', '[cp1]:2222', true],
    ['cp1', '[cp1]:2222', false],
    ['[cp1]:2222', 'cp1', false],
    ['*.example.com', 'cp1.example.com', true],
    ['*.example.com', 'example.com', false],
    ['10.0.0.?', '10.0.0.7', true],
    ['10.0.0.?', '10.0.0.17', false],
    ['*', 'anything', true],
    ['*,!cp1', 'cp1', false],
    ['!cp1,*', 'cp2', true],
    ['!cp1', 'cp2', false],
    ['[*]:2222', '[cp1]:2222', true],
    ['fe80::1', 'fe80::1', true],
  ])('compares %s with %s: %s', (names, name, expected) => {
    expect(namesMatch(names, name)).toBe(expected)
  })

  it('matches a hashed name to that name only', () => {
    const names = hashed('[cp1]:2222')
    expect(namesMatch(names, '[cp1]:2222')).toBe(true)
    expect(namesMatch(names, 'cp1')).toBe(false)
  })

  it('never matches a hash that is broken or of another kind', () => {
    for (const names of [
      '|1|',
      '|1|AAAA',
      '|1|AAAA|',
      `|2|${hashed('cp1').slice(3)}`,
      `${hashed('cp1')}|x`,
    ]) {
      expect(namesMatch(names, 'cp1')).toBe(false)
    }
  })

  it('treats a port other than 22 as part of the name', () => {
    expect(knownHostName('CP1', 22)).toBe('cp1')
    expect(knownHostName('10.0.0.1', 2222)).toBe('[10.0.0.1]:2222')
  })

  it('stays fast with many wildcards', () => {
    const start = performance.now()
    expect(namesMatch(`${'*a'.repeat(40)}b`, 'a'.repeat(400))).toBe(false)
    expect(performance.now() - start).toBeLessThan(200)
  })
})

describe('a host key', () => {
  it('is trusted if a line has it', () => {
    expect(judge(`${knownHostLine('cp1', otherKey)}\n${knownHostLine('cp1', key)}\n`, 'cp1', key)).toBe(
      'trusted',
    )
  })

  it('is unknown if no line is about the host', () => {
    expect(judge(knownHostLine('cp2', key), 'cp1', key)).toBe('unknown')
  })

  it('has changed if the lines about the host have other keys', () => {
    expect(judge(knownHostLine('cp1', otherKey), 'cp1', key)).toBe('changed')
  })

  it('of a type without a line has changed too, since we ask for the known types first', () => {
    expect(judge(knownHostLine('cp1', publicKey('a', 'ecdsa-sha2-nistp256')), 'cp1', key)).toBe('changed')
  })

  it('is rejected if a line revokes it, even if another line has it', () => {
    expect(judge(`${knownHostLine('cp1', key)}\n@revoked ${knownHostLine('*', key)}\n`, 'cp1', key)).toBe(
      'revoked',
    )
  })

  it('is trusted if a line revokes another key', () => {
    expect(judge(`${knownHostLine('cp1', key)}\n@revoked ${knownHostLine('*', otherKey)}`, 'cp1', key)).toBe(
      'trusted',
    )
  })

  it('of a certificate authority does not make a host known', () => {
    const verdict = judgeKey(
      entriesFor(parseKnownHosts(`@cert-authority ${knownHostLine('*', key)}`, 'known_hosts'), 'cp1'),
      key,
    )
    expect(verdict).toMatchObject({ kind: 'unknown', authority: { file: 'known_hosts', line: 1 } })
  })

  it('is found despite comments, blank lines, tabs, Windows line ends and invalid lines', () => {
    const text = [
      '# a comment',
      '',
      'cp1',
      'cp1 ssh-ed25519',
      'cp1 ssh-ed25519 AAAA',
      `cp1 ssh-rsa ${key.toString('base64')}`,
      `@unheard-of ${knownHostLine('cp1', otherKey)}`,
      `#${knownHostLine('cp1', otherKey)}`,
      `  cp1\tssh-ed25519  ${key.toString('base64')} a comment with words\r`,
    ].join('\n')
    expect(parseKnownHosts(text, 'known_hosts')).toEqual([
      { names: 'cp1', keyType: 'ssh-ed25519', key, file: 'known_hosts', line: 9 },
    ])
  })

  it('has a type unless it is not a key', () => {
    expect(keyTypeOf(key)).toBe('ssh-ed25519')
    expect(keyTypeOf(Buffer.from([0, 0]))).toBeUndefined()
    expect(keyTypeOf(Buffer.from([0, 0, 0, 9, 65]))).toBeUndefined()
  })
})

describe('any known_hosts file', () => {
  // Few names and keys, so that lines often are about the same host.
  const hostName = fc.constantFrom(
    'cp1',
    'cp2',
    'cp1.lab',
    '10.0.0.1',
    '10.0.0.12',
    '[cp1]:2222',
    '[10.0.0.1]:22022',
  )
  const plain = fc
    .array(
      fc.tuple(
        fc.boolean(),
        fc.oneof(hostName, fc.constantFrom('*', 'cp?', '*.lab', '10.0.*', '[*]:2222', 'CP1')),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((patterns) => patterns.map(([negated, pattern]) => (negated ? '!' : '') + pattern).join(','))
  const names = fc.oneof(plain, hostName.map(hashed))
  const anyKey = fc.constantFrom(key, otherKey, publicKey('c'), publicKey('d', 'ssh-ed25519'))
  const line = fc
    .tuple(fc.constantFrom('', '', '', '@revoked ', '@cert-authority '), names, anyKey)
    .map(([marker, about, shown]) => marker + knownHostLine(about, shown))
  const file = fc.array(
    fc.oneof({ weight: 5, arbitrary: line }, fc.constantFrom('', '# cp1', 'cp1 nonsense')),
    {
      maxLength: 8,
    },
  )

  it('trusts a key only if an unmarked line about the host has it and no line revokes it', () => {
    fc.assert(
      fc.property(file, hostName, anyKey, (lines, name, shown) => {
        const about = lines
          .filter((text) => /ssh-ed25519/.test(text))
          .flatMap((text) => {
            const words = text.split(' ')
            const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined
            return namesMatch(words[0] ?? '', name) ? [{ marker, encoded: words[2] }] : []
          })
        const has = (marker: string | undefined) =>
          about.some((entry) => entry.marker === marker && entry.encoded === shown.toString('base64'))
        const knows = about.some((entry) => entry.marker === undefined)
        const expected = has('@revoked')
          ? 'revoked'
          : has(undefined)
            ? 'trusted'
            : knows
              ? 'changed'
              : 'unknown'
        expect(judge(lines.join('\n'), name, shown)).toBe(expected)
      }),
      { numRuns: 2_000 },
    )
  })

  it('finds the same lines as ssh-keygen -F', () => {
    if (spawnSync('ssh-keygen', ['-?']).error !== undefined) throw new Error('install openssh-client')
    const folder = mkdtempSync(join(tmpdir(), 'quorate-known-hosts-'))
    const path = join(folder, 'known_hosts')
    try {
      fc.assert(
        fc.property(file, hostName, (lines, name) => {
          writeFileSync(path, lines.map((text) => `${text}\n`).join(''))
          const { stdout } = spawnSync('ssh-keygen', ['-F', name, '-f', path], { encoding: 'utf8' })
          const found = [...stdout.matchAll(/^# Host .* found: line (\d+)/gm)].map(([, number]) =>
            Number(number),
          )
          const ours = entriesFor(parseKnownHosts(lines.join('\n'), path), name).map((entry) => entry.line)
          expect(ours).toEqual(found)
        }),
        { numRuns: 250 },
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

it('fingerprints match those of OpenSSH', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-fingerprint-'))
  try {
    writeFileSync(join(folder, 'key.pub'), `ssh-ed25519 ${key.toString('base64')}\n`)
    const shown = execFileSync('ssh-keygen', ['-lf', join(folder, 'key.pub')], { encoding: 'utf8' })
    expect(shown).toContain(fingerprint(key))
    expect(existsSync(join(folder, 'key.pub'))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('a name that is recorded in known_hosts', () => {
  it.each(['10.0.0.1', 'cp1.example.com', '[cp1.example.com]:2222', '[cp1]:2222', 'fe80::1', 'fe80::1%eth0'])(
    'is plain: %s',
    (name) => {
      expect(learntName(name)).toBe(name)
    },
  )

  it.each([
    '*',
    'a,b.example.com',
    '!x.y',
    'no-pty',
    'command="x.y"',
    '@cert-authority',
    'a.b ssh-rsa',
    '#.',
  ])('is hashed if it has a special meaning, and then matches nothing else: %s', (name) => {
    const learnt = learntName(name)
    expect(learnt).toMatch(/^\|1\|[A-Za-z0-9+/=]+\|[A-Za-z0-9+/=]+$/)
    expect(namesMatch(learnt, name)).toBe(true)
    for (const other of ['b.example.com', '10.0.0.1']) expect(namesMatch(learnt, other)).toBe(false)
  })
})
