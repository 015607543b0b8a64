/** From the outcome of a command that had to succeed to an error that says what to do. */
import { expect, it } from 'vitest'
import { expectSuccess, lastLines } from '../../../../src/ssh/run/expect.js'
import type { CommandResult } from '../../../../src/ssh/session.js'
import { testHost } from '../../../support/sshd.js'

const host = testHost({ port: 22, knownHostsFile: '/dev/null' }, 'cp1')

function result(exitCode: number, stdout: string, stderr: string): CommandResult {
  return { exitCode, stdout, stderr, stdoutBytes: Buffer.from(stdout) }
}

it('returns a successful result unchanged', () => {
  const success = result(0, 'out', 'a warning')
  expect(expectSuccess(success, 'looking', host)).toBe(success)
})

it('reports a failure with the action, host, status and reason', () => {
  const failure = result(5, 'some output\n', 'first\nmodprobe: FATAL: Module overlay not found\n')
  expect(() => expectSuccess(failure, 'loading overlay', host)).toThrow(
    expect.objectContaining({
      code: 'COMMAND_FAILED',
      message: 'loading overlay failed on cp1 with exit status 5: modprobe: FATAL: Module overlay not found',
      context: expect.objectContaining({
        host: 'cp1',
        output: 'some output\nfirst\nmodprobe: FATAL: Module overlay not found',
      }) as unknown,
    }),
  )
})

it.each([
  ['in C', 'cp: error writing /x: No space left on device\n'],
  ['in Go', 'write /var/lib/containerd/x: no space left on device\n'],
])('reports a full disk as such for programs written %s', (_, stderr) => {
  expect(() => expectSuccess(result(1, '', stderr), 'copying', host)).toThrow(
    expect.objectContaining({ code: 'DISK_FULL' }),
  )
})

it('keeps only the last lines that are not blank', () => {
  expect(lastLines('1\n\n2\n  \n3\n', 2)).toBe('2\n3')
})
