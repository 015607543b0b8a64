/** Everything in src/ssh that parses keys, from agents and files, on random inputs and on samples that are nearly right: whatever comes, it is an answer or an error of the parser's own, at once. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { parseIdentities, parseSignature } from '../../../src/ssh/connect/agent-protocol.js'
import { parsePublicKey } from '../../../src/ssh/connect/identities.js'
import {
  entriesFor,
  judgeKey,
  namesOf,
  parseKnownHostLine,
  parseKnownHosts,
} from '../../../src/ssh/connect/known-hosts.js'
import { revokedKeys } from '../../../src/ssh/connect/revoked-keys.js'
import { WireError, wireString } from '../../../src/ssh/connect/wire.js'
import { mutated, withinTime } from './mutations.js'
import { runs } from './runs.js'
import { bytes, STEERING, terminalText } from './hostile-text.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** An answer, or an error of the parser's own. */
function only<Value>(parse: () => Value, kind: new (message: string) => Error): Value | undefined {
  try {
    return withinTime(parse)
  } catch (error) {
    expect(error).toBeInstanceOf(kind)
    return undefined
  }
}

describe('a response from ssh-agent', () => {
  const identities = Buffer.concat([
    Buffer.from([12, 0, 0, 0, 1]),
    wireString(Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(32))])),
    wireString('a comment'),
  ])
  const signature = Buffer.concat([
    Buffer.of(14),
    wireString(Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(64, 1))])),
  ])

  it('with a list of keys has comments without control characters, or is rejected', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(identities), bytes), (answer) => {
        const keys = only(() => parseIdentities(answer), WireError) ?? []
        for (const { comment } of keys) expect(comment).not.toMatch(STEERING)
      }),
      runs(50),
    )
  })

  it('with a signature is valid, or is rejected', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(signature), bytes), (answer) => {
        only(() => parseSignature(answer), WireError)
      }),
      runs(30),
    )
  })
})

describe('a key file', () => {
  const key = Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(32, 7))])
  const line = `ssh-ed25519 ${key.toString('base64')}`
  const knownHosts = Buffer.from(
    `# comment\ncp1,10.0.0.1 ${line}\n[cp2]:2222 ${line}\n@revoked * ${line}\n@cert-authority *.example.com ${line}\n|1|AAAA|BBBB ${line}\n!cp3,cp? ${line}\r\n`,
  )

  it('named known_hosts yields a verdict for any content, and its lines are found by name only', () => {
    const words = fc.string({
      unit: fc.constantFrom(
        '*',
        '?',
        '!',
        '|',
        '1',
        '@',
        'revoked',
        ',',
        '[',
        ']',
        ':',
        ' ',
        '\t',
        'cp1',
        line,
      ),
      maxLength: 40,
    })
    const name = fc.constantFrom('cp1', 'cp3', '[cp2]:2222', '10.0.0.1')
    fc.assert(
      fc.property(fc.oneof(mutated(knownHosts).map(String), words, terminalText), name, (text, host) => {
        const verdict = withinTime(() => judgeKey(entriesFor(parseKnownHosts(text, 'f'), host), key))
        expect(['trusted', 'revoked', 'changed', 'unknown']).toContain(verdict.kind)
        for (const each of text.split('\n')) {
          const entry = parseKnownHostLine(each, 'f', 1)
          if (entry !== undefined) expect(namesOf(each)).toBe(entry.names)
        }
      }),
      runs(70),
    )
  })

  it('with a public key yields a key or nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          mutated(Buffer.from(line)).map((text) => text.toString('latin1')),
          terminalText,
        ),
        (text) => {
          const found = withinTime(() => parsePublicKey(text))
          if (found !== undefined) expect(found.blob.includes(found.type)).toBe(true)
        },
      ),
      runs(30),
    )
  })

  it('with revoked keys is understood or rejected, and always understood if it is plain text', () => {
    const specification = join(folder, 'specification')
    writeFileSync(specification, `key: ${line}\nsha256: ${line}\nsha1: ${line}\n`)
    const list = join(folder, 'list')
    execFileSync('ssh-keygen', ['-q', '-k', '-f', list, specification])
    const krl = readFileSync(list)
    expect(revokedKeys(krl)(key)).toBe(true)
    fc.assert(
      fc.property(fc.oneof(mutated(krl), mutated(knownHosts), bytes), (content) => {
        const isRevoked = only(() => revokedKeys(content), WireError)
        if (isRevoked !== undefined) expect(typeof isRevoked(key)).toBe('boolean')
      }),
      runs(50),
    )
  })
})
