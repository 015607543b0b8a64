/** A session to a host with scripted answers, for tests of what steps conclude, not of their commands. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../../src/cluster/model.js'
import type { Command } from '../../src/ssh/run/command.js'
import type { CommandResult, RunOptions, Session, SessionPool } from '../../src/ssh/session.js'
import { ACKNOWLEDGE, RUN, RUNNING, STATE } from '../../src/ssh/units/unit-script.js'
import { unconnected } from './unconnected.js'

/** The result of a command: its standard output with status 0, or its exit status. */
export type Answer = string | number

/** Parts of command lines with their results; the first match counts. All other commands succeed. */
export type Answers = readonly (readonly [part: string | RegExp, answer: Answer | (() => Answer)])[]

/** Every host has the CA of its cluster. */
const CA_CERTIFICATE = readFileSync(
  join(import.meta.dirname, '../faults/sweep/host/usr/local/lib/host/ca-1.crt'),
)

/** Units have succeeded, and none of an earlier operation runs. */
const UNITS: ReadonlyMap<string, { readonly stdout?: string; readonly stderr?: string }> = new Map([
  [RUN, { stderr: 'quorate attached 1\nquorate exited 0 10\n' }],
  [ACKNOWLEDGE, {}],
  [RUNNING, {}],
])

export function scriptedSession(
  host: Host,
  answers: Answers,
  unitState: 'ended' | 'absent' = 'ended',
): Session {
  const run = (command: Command, options: RunOptions = {}): Promise<CommandResult> => {
    const script = Buffer.from((options.stdin ?? '').toString().split('\n')[0] ?? '', 'base64').toString()
    const unit = UNITS.get(script)
    if (script === STATE) return Promise.resolve(result(0, unitState))
    if (unit !== undefined) return Promise.resolve(result(0, unit.stdout, unit.stderr))
    const found = answers.find(([part]) =>
      typeof part === 'string' ? command.line.includes(part) : part.test(command.line),
    )?.[1]
    const answer = typeof found === 'function' ? found() : (found ?? '')
    return Promise.resolve(typeof answer === 'number' ? result(answer) : result(0, answer))
  }
  return {
    host,
    ...unconnected(),
    run,
    readFile: (path) => Promise.resolve(path.endsWith('/pki/ca.crt') ? CA_CERTIFICATE : undefined),
    writeFile: () => Promise.resolve(true),
    removeFile: () => Promise.resolve(true),
  }
}

function result(exitCode: number, stdout = '', stderr = ''): CommandResult {
  return { exitCode, stdout, stderr, stdoutBytes: Buffer.from(stdout) }
}

/** A pool in which every host has these answers. */
export function scriptedPool(answers: Answers, unitState?: 'ended' | 'absent'): SessionPool {
  return {
    session: (host) => Promise.resolve(scriptedSession(host, answers, unitState)),
    close: () => Promise.resolve(),
  }
}
