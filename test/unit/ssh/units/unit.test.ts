/** What becomes of a host's answer about a unit. */
import { expect, it } from 'vitest'
import { runUnit } from '../../../../src/ssh/units/unit.js'
import { command } from '../../../../src/ssh/run/command.js'
import type { CommandResult, RunOptions, Session } from '../../../../src/ssh/session.js'
import { testHost } from '../../../support/sshd.js'
import { unconnected } from '../../../support/unconnected.js'

/** A host that answers so to whatever is run on it. */
function answering(answer: Partial<CommandResult>): Session {
  const unused = () => Promise.reject(new Error('not used'))
  return {
    host: testHost({ port: 22, knownHostsFile: '/dev/null' }, 'cp1'),
    ...unconnected(),
    run: (_command, options: RunOptions = {}) => {
      options.onStdout?.(answer.stdoutBytes ?? Buffer.alloc(0))
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', stdoutBytes: Buffer.alloc(0), ...answer })
    },
    readFile: unused,
    writeFile: unused,
    removeFile: unused,
  }
}

function run(answer: Partial<CommandResult>) {
  return runUnit(answering(answer), { operation: 'op', name: 'step' }, command('true'))
}

it('the outcome is found among the keep-alive lines', async () => {
  const stderr = 'quorate attached 3\n.\n.\nquorate exited 17 90210\n'
  expect(await run({ stderr, stdoutBytes: Buffer.from('quorate exited 0 1\n') })).toEqual({
    kind: 'exited',
    exitCode: 17,
    durationMs: 90_210,
    output: 'quorate exited 0 1\n',
    attached: true,
    ordinal: 3,
  })
})

it.each([
  "System has not been booted with systemd as init system (PID 1). Can't operate.\n",
  'sh: 63: systemd-run: not found\n',
])('a host without systemd is reported as such: %s', async (stderr) => {
  await expect(run({ exitCode: 1, stderr })).rejects.toMatchObject({
    code: 'SYSTEMD_MISSING',
    message: 'cp1 does not run systemd',
    context: { host: 'cp1', output: stderr.trim() },
  })
})

it('an answer without an outcome is an error', async () => {
  await expect(run({ stderr: 'quorate started 1\n' })).rejects.toThrow('unexpected answer from a unit')
})

it.each(['Kubeadm', 'a b', '../x', '', '-x', 'a/b', 'a.1'])(
  'a step cannot have the name "%s"',
  async (step) => {
    const nothing = answering({})
    await expect(runUnit(nothing, { operation: 'op', name: step }, command('true'))).rejects.toThrow(
      TypeError,
    )
    await expect(runUnit(nothing, { operation: step, name: 'step' }, command('true'))).rejects.toThrow(
      TypeError,
    )
  },
)

it('a secret must have a valid file name', async () => {
  const running = runUnit(answering({}), { operation: 'op', name: 'step' }, command('true'), {
    secrets: { '../x': '' },
  })
  await expect(running).rejects.toThrow('not a name for a secret file: ../x')
})
