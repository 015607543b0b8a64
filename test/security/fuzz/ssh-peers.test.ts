/** Everything in src/ssh that parses what peers say, on random inputs: whatever comes, it is an answer or an error of the parser's own, at once. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainLine, plainText } from '../../../src/values/plain-text.js'
import { Banners } from '../../../src/ssh/connect/banners.js'
import { expectSuccess } from '../../../src/ssh/run/expect.js'
import { CommandFrame } from '../../../src/ssh/run/frame.js'
import { LineSplitter } from '../../../src/ssh/run/line-splitter.js'
import { SudoDialogue } from '../../../src/ssh/run/sudo-dialogue.js'
import { sudoRefusal } from '../../../src/ssh/run/sudo-refusal.js'
import { testHost } from '../../support/sshd.js'
import { withinTime } from './mutations.js'
import { runs } from './runs.js'
import { bytes, STEERING, terminalText } from './hostile-text.js'

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
            dialogue.answer(channel as never, false, Buffer.alloc(0))
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
