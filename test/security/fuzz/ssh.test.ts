/**
 * Everything in src/ssh that parses what peers, agents and files say, on inputs made at random, and on samples that are nearly
 * right: whatever comes, it is an answer or an error of the parser's own, at once.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { plainLine, plainText } from '../../../src/errors/index.js'
import { parseIdentities, parseSignature } from '../../../src/ssh/connect/agent-protocol.js'
import { Banners } from '../../../src/ssh/connect/banners.js'
import { expectSuccess } from '../../../src/ssh/run/expect.js'
import { CommandFrame } from '../../../src/ssh/run/frame.js'
import { parsePublicKey } from '../../../src/ssh/connect/identities.js'
import {
  entriesFor,
  judgeKey,
  namesOf,
  parseKnownHostLine,
  parseKnownHosts,
} from '../../../src/ssh/connect/known-hosts.js'
import { LineSplitter } from '../../../src/ssh/run/line-splitter.js'
import { revokedKeys } from '../../../src/ssh/connect/revoked-keys.js'
import { SudoDialogue } from '../../../src/ssh/run/sudo-dialogue.js'
import { sudoRefusal } from '../../../src/ssh/run/sudo-refusal.js'
import { WireError, wireString } from '../../../src/ssh/connect/wire.js'
import { testHost } from '../../support/sshd.js'
import { mutated, withinTime } from './mutations.js'
import { runs } from './runs.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true }))

// eslint-disable-next-line no-control-regex -- nothing of these may be left
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const CONTROLS = [
  '\u001b',
  '[',
  ']',
  '\u009b',
  '\u0007',
  '\\',
  'P',
  '\r',
  '\n',
  '\t',
  ';',
  '0',
  'm',
  '\u202e',
  '\ud800',
  'é',
  '\u0301',
  '😀',
]
const terminalText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...CONTROLS), maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
)
const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array))

/** An answer, or an error of the parser's own. */
function only<Value>(parse: () => Value, kind: new (message: string) => Error): Value | undefined {
  try {
    return withinTime(parse)
  } catch (error) {
    expect(error).toBeInstanceOf(kind)
    return undefined
  }
}

describe('text from an SSH peer', () => {
  it('never controls the terminal, however it is shown', () => {
    fc.assert(
      fc.property(terminalText, (text) => {
        expect(withinTime(() => plainText(text))).not.toMatch(STEERING)
        expect(plainLine(text)).not.toMatch(/[\n]/)
        expect(plainText(plainText(text))).toBe(plainText(text))
      }),
      runs(100),
    )
  })

  it('is split into lines of bounded length without control characters, however it arrives', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            bytes,
            terminalText.map((text) => Buffer.from(text)),
          ),
          { maxLength: 8 },
        ),
        (chunks) => {
          const splitter = new LineSplitter((line) => {
            expect(line).not.toMatch(STEERING)
            expect(line.length).toBeLessThanOrEqual(4 * 4096)
          })
          withinTime(() => {
            chunks.forEach((chunk) => splitter.write(chunk))
            splitter.end()
          })
        },
      ),
      runs(60),
    )
  })

  it('is kept only up to a limit before the login', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(terminalText, fc.nat(2000)), { maxLength: 60 }), (messages) => {
        const banners = new Banners()
        for (const [text, times] of messages) if (!banners.take(text.repeat(times))) break
        expect(banners.last.length).toBeLessThanOrEqual(64 * 1024)
      }),
      runs(10),
    )
  })
})

describe('the two streams of a command', () => {
  const pieces = (token: string) => [
    `quorate-stdout-begin-${token}\n`,
    `quorate-stderr-begin-${token}\n`,
    `quorate-sudo-begin-${token}\n`,
    `quorate-stdout-end-${token}-0\n`,
    `quorate-stderr-end-${token}-0\n`,
    `quorate-stderr-end-${token}-999999`,
    'quorate-',
    '\n',
    '\u001b[2J',
  ]

  it('yield a status only if both agree, and lines without control characters', () => {
    const step = fc.tuple(fc.boolean(), fc.oneof(fc.nat(8), bytes))
    const runner = fc.constantFrom('login-user', 'sudo', 'sudo-with-password')
    fc.assert(
      fc.property(runner, fc.array(step, { maxLength: 12 }), (as, steps) => {
        const frame = new CommandFrame(as)
        withinTime(() => {
          for (const [isOutput, piece] of steps) {
            const chunk = typeof piece === 'number' ? Buffer.from(pieces(frame.token)[piece] ?? '') : piece
            if (isOutput) frame.takeStdout(chunk)
            else frame.takeStderr(chunk)
          }
          frame.end()
        })
        const { exitCode } = frame
        expect(exitCode === undefined || (exitCode >= 0 && exitCode <= 999)).toBe(true)
        expect(frame.shellSaid).not.toMatch(STEERING)
        expect(frame.sudoSaid).not.toMatch(STEERING)
        expect(typeof frame.isMangled).toBe('boolean')
      }),
      runs(80),
    )
  })

  it('are quoted as plain text in errors', () => {
    const host = testHost({ port: 22, knownHostsFile: '/dev/null' }, 'cp1')
    fc.assert(
      fc.property(
        terminalText,
        terminalText,
        fc.integer({ min: 1, max: 255 }),
        (stdout, stderr, exitCode) => {
          const result = { exitCode, stdout, stderr, stdoutBytes: Buffer.from(stdout) }
          expect(() => expectSuccess(result, 'a test', host)).toThrow(
            expect.objectContaining({ message: expect.not.stringMatching(STEERING) as string }),
          )
        },
      ),
      runs(20),
    )
  })
})

describe('the sudo dialogue', () => {
  it('sends the password at most once, however often sudo asks', () => {
    const words = fc.constantFrom('quorate-sudo-password:', 'quorate-sudo-', 'password:', '\n', 'Sorry')
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            words.map((word) => Buffer.from(word)),
            bytes,
          ),
          { maxLength: 20 },
        ),
        (chunks) => {
          const written: string[] = []
          const channel = { write: (text: string) => written.push(text), end: () => undefined }
          const dialogue = new SudoDialogue('secret')
          for (const chunk of chunks) {
            dialogue.listen(chunk)
            dialogue.answer(channel as never, false, '')
          }
          expect(written.length).toBeLessThanOrEqual(1)
        },
      ),
      runs(20),
    )
  })

  it('gives its reason in a single line', () => {
    fc.assert(
      fc.property(terminalText, (said) => {
        const { reason } = withinTime(() => sudoRefusal(said, 'ops'))
        expect(reason).not.toContain('\n')
      }),
      runs(20),
    )
  })
})

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
