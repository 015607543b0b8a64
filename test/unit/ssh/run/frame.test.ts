/** What belongs to a command is found, byte for byte, among what others write, however the bytes are cut up. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommandFrame } from '../../../../src/ssh/run/frame.js'
import type { Runner } from '../../../../src/ssh/run/remote-line.js'

/** Feeds text in chunks of so many bytes. */
function feed(take: (chunk: Buffer) => void, bytes: Buffer, size: number): void {
  for (let start = 0; start < bytes.length; start += size) take(bytes.subarray(start, start + size))
}

function stdoutOf({ token }: CommandFrame, noise: Uint8Array, output: Uint8Array, rest: string): Buffer {
  return Buffer.concat([
    noise,
    Buffer.from(`quorate-stdout-begin-${token}\n`),
    output,
    Buffer.from(`quorate-stdout-end-${token}-${rest}`),
  ])
}

const noises = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .constantFrom(
      '',
      'Welcome\n',
      '\u001b]0;cp1\u0007',
      'quorate-stdout-begin-',
      'quorate-stdout-end-',
      'quorat',
    )
    .map((text) => Buffer.from(text)),
)

it('output is exact, whatever surrounds it and however it is split into chunks', () => {
  fc.assert(
    fc.property(noises, noises, fc.integer({ min: 1, max: 60 }), (noise, output, size) => {
      const chunks: Buffer[] = []
      const frame = new CommandFrame('login-user', { onStdout: (chunk) => chunks.push(chunk) })
      feed((chunk) => frame.takeStdout(chunk), stdoutOf(frame, noise, output, '0\nlogout\n'), size)
      frame.end()
      expect(Buffer.concat(chunks).equals(Buffer.from(output))).toBe(true)
      expect(chunks.every(({ length }) => length > 0)).toBe(true)
    }),
  )
})

it('output is passed on as it arrives, except for what may begin the end mark', () => {
  const chunks: string[] = []
  const frame = new CommandFrame('login-user', { onStdout: (chunk) => chunks.push(chunk.toString()) })
  frame.takeStdout(Buffer.from(`quorate-stdout-begin-${frame.token}\none\n`))
  expect(chunks).toEqual(['one\n'])
  frame.takeStdout(Buffer.from('two quor'))
  frame.takeStdout(Buffer.from('um\n'))
  expect(chunks).toEqual(['one\n', 'two ', 'quorum\n'])
})

it('a stream passes on a byte that may begin the end mark, as its server may wait for an answer to it', () => {
  const chunks: string[] = []
  const frame = new CommandFrame('login-user', { onStream: (chunk) => chunks.push(chunk.toString()) })
  frame.takeStdout(Buffer.from(`quorate-stdout-begin-${frame.token}\nq`))
  frame.takeStdout(Buffer.from('ua'))
  expect(chunks).toEqual(['q', 'ua'])
  frame.takeStdout(Buffer.from(`quorate-stdout-end-${frame.token}-0\n`))
  expect(chunks).toEqual(['q', 'ua'])
})

it('a stream is exact, but for the first seven bytes of an end mark that is cut up', () => {
  fc.assert(
    fc.property(noises, noises, fc.integer({ min: 1, max: 60 }), (noise, output, size) => {
      const chunks: Buffer[] = []
      const frame = new CommandFrame('login-user', { onStream: (chunk) => chunks.push(chunk) })
      feed((chunk) => frame.takeStdout(chunk), stdoutOf(frame, noise, output, '0\nlogout\n'), size)
      frame.end()
      const taken = Buffer.concat(chunks).toString('latin1')
      const expected = Buffer.from(output).toString('latin1')
      expect(taken.startsWith(expected)).toBe(true)
      expect('quorate'.startsWith(taken.slice(expected.length))).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

it('output of a command that was cut off is complete', () => {
  const frame = new CommandFrame('login-user')
  frame.takeStdout(Buffer.from(`quorate-stdout-begin-${frame.token}\nhalf quorate-stdout-end`))
  frame.end()
  expect(frame.stdout.toString()).toBe('half quorate-stdout-end')
  expect(frame.exitCode).toBeUndefined()
})

describe('the exit status', () => {
  const bothStreams = (runner: Runner, [first, second]: readonly [string, string]) => {
    const frame = new CommandFrame(runner)
    frame.takeStdout(stdoutOf(frame, Buffer.from(''), Buffer.from('out'), first))
    const marks = [...(runner === 'login-user' ? [] : ['sudo-begin']), 'stderr-begin']
    for (const mark of marks) frame.takeStderr(Buffer.from(`quorate-${mark}-${frame.token}\n`))
    frame.takeStderr(Buffer.from(`quorate-stderr-end-${frame.token}-${second}`))
    return frame
  }

  it.each(['login-user', 'sudo', 'sudo-with-password'] as const)('comes from both streams (%s)', (runner) => {
    expect(bothStreams(runner, ['142\nbye', '142\n']).exitCode).toBe(142)
  })

  it('is unknown until both streams have ended', () => {
    expect(bothStreams('sudo', ['142\n', '14']).exitCode).toBeUndefined()
  })
})

it('output before the command takes bounded memory', () => {
  const frame = new CommandFrame('login-user')
  for (let index = 0; index < 1000; index += 1) frame.takeStdout(Buffer.alloc(1000, 'noise\n'))
  frame.takeStdout(Buffer.from('the last word'))
  expect(frame.shellSaid.length).toBeLessThan(5000)
  expect(frame.shellSaid).toMatch(/the last word$/)
})

it('output before the command is quoted without colours, titles, bells and our own marks', () => {
  const frame = new CommandFrame('login-user')
  frame.takeStderr(
    Buffer.from(`\u001b]0;cp1\u0007\u001b[31mno\u001b[0m\u0007 way\r\n\n+ exec sh -c x ${frame.token}\n`),
  )
  expect(frame.shellSaid).toBe('no way')
})

describe('unreliable streams are detected', () => {
  it('if standard error is mixed into standard output', () => {
    const frame = new CommandFrame('login-user')
    frame.takeStdout(stdoutOf(frame, Buffer.from(''), Buffer.from('x'), '0\n'))
    expect(frame.isMangled).toBe(true)
  })

  it('if a terminal changes line ends', () => {
    const frame = new CommandFrame('login-user')
    frame.takeStdout(Buffer.from(`quorate-stdout-begin-${frame.token}\r\nx\r\n`))
    expect(frame.isMangled).toBe(true)
  })

  it('but not if the shell only logs the command line', () => {
    const frame = new CommandFrame('login-user')
    frame.takeStdout(Buffer.from(`exec sh -c 'echo quorate-stdout-begin-$1' x ${frame.token}\n`))
    expect(frame.isMangled).toBe(false)
  })
})
