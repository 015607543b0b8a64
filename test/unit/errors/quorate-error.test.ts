/** Errors quote what peers say: nothing of it may steer the terminal, log or history that it ends up in. */
import { expect, it } from 'vitest'
import { QuorateError, reportError } from '../../../src/errors/index.js'

const HOSTILE = '\u001b]52;c;cm0gLXJm\u0007\u001b[2J\u202ehello\u0000\tworld'

it('message, hint and output are plain text in the error and in its report', () => {
  const error = new QuorateError('COMMAND_FAILED', HOSTILE, { hint: HOSTILE, output: HOSTILE })
  const plain = { message: 'hello    world', hint: 'hello    world', output: 'hello    world' }
  expect(error).toMatchObject({ message: plain.message, hint: plain.hint })
  expect(error.report()).toMatchObject(plain)
})

it('an unknown error is reported as plain text too', () => {
  expect(reportError(new Error(HOSTILE)).message).toBe('hello    world')
})

it('a long message is shortened so that it can be stored', () => {
  expect(new QuorateError('COMMAND_FAILED', 'x'.repeat(10_000_000)).message.length).toBeLessThan(70_000)
})
