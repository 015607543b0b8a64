/** A session to a host with scripted answers, for tests of what steps conclude, not of their commands. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../../src/cluster/model.js'
import type { Command } from '../../src/ssh/run/command.js'
import type { CommandResult, RunOptions, Session, SessionPool } from '../../src/ssh/session.js'
import { ACKNOWLEDGE, RUN, RUNNING, STATE } from '../../src/ssh/units/unit-script.js'
import { NOT_FOUND, refusal, type ApiAnswer, type Asked } from './api-server.js'
import { ETCD_MANIFEST } from './etcd-manifest.js'
import { reaching, scriptedIdentity } from './scripted-api.js'

/**
 * The result of a command: its standard output with status 0, or its exit status. Of a request to the Kubernetes API:
 * the body of its answer, or the status of a refusal.
 */
export type Answer = string | number

/**
 * Parts of command lines, also of those that units run, and of requests such as `GET /api/v1/nodes/w1`, with their
 * results; the first match counts. All other commands succeed, and so do all other changes by the API; what is read
 * from the API is not found. Functions get what was sent along: a command's input, or a request's body.
 */
export type Answers = readonly (readonly [
  part: string | RegExp,
  answer: Answer | ((sent: string) => Answer),
])[]

/** Every host has the CA of its cluster. */
const CA_CERTIFICATE = readFileSync(
  join(import.meta.dirname, '../faults/sweep/host/usr/local/lib/host/ca-1.crt'),
)

/** A session without units of an earlier operation. At first all those of this one have ended, or none was started. */
export function scriptedSession(
  host: Host,
  answers: Answers,
  unitState: 'ended' | 'absent' = 'ended',
): Session {
  const aboutUnit = scriptedUnits(answers, unitState)
  const run = (command: Command, options: RunOptions = {}): Promise<CommandResult> => {
    const sent = (options.stdin ?? '').toString()
    const ofUnit = aboutUnit(command, sent)
    if (ofUnit !== undefined) return Promise.resolve(ofUnit)
    const answer = answerTo(answers, command.line, sent) ?? ''
    return Promise.resolve(typeof answer === 'number' ? result(answer) : result(0, answer))
  }
  return {
    host,
    ...reaching((asked) => apiAnswer(answers, asked)),
    run,
    readFile: (path) => Promise.resolve(fileAt(path)),
    writeFile: () => Promise.resolve(true),
    removeFile: () => Promise.resolve(true),
  }
}

/** The results of the scripts behind units; undefined for any other command. An acknowledged outcome is gone. */
function scriptedUnits(answers: Answers, unitState: 'ended' | 'absent') {
  const states = new Map<string, 'ended' | 'absent'>()
  return ({ line }: Command, sent: string): CommandResult | undefined => {
    const [text = '', unitCommand = ''] = sent.split('\n').map(decoded)
    const unit = /(?<= quorate )\S+ \S+/.exec(line)?.[0] ?? ''
    switch (text) {
      case STATE:
        return result(0, states.get(unit) ?? unitState)
      case ACKNOWLEDGE:
        states.set(unit, 'absent')
        return result(0)
      case RUNNING:
        return result(0)
      case RUN:
        states.set(unit, 'ended')
        return unitResult(answerTo(answers, unitCommand, '') ?? '')
      default:
        return undefined
    }
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString()
}

function fileAt(path: string): Buffer | undefined {
  if (path.endsWith('/pki/ca.crt')) return CA_CERTIFICATE
  if (path === '/etc/kubernetes/manifests/etcd.yaml') return Buffer.from(ETCD_MANIFEST)
  return path === '/etc/kubernetes/admin.conf' ? Buffer.from(scriptedIdentity().adminConf()) : undefined
}

function answerTo(answers: Answers, asked: string, sent: string): Answer | undefined {
  const found = answers.find(([part]) =>
    typeof part === 'string' ? asked.includes(part) : part.test(asked),
  )?.[1]
  return typeof found === 'function' ? found(sent) : found
}

function apiAnswer(answers: Answers, { method, path, body }: Asked): ApiAnswer {
  const answer = answerTo(answers, `${method} ${path}`, body)
  if (typeof answer === 'number') return refusal(answer, `refused with ${answer}`)
  if (answer !== undefined) return { body: answer }
  if (method === 'GET') return NOT_FOUND
  const name = path.split(/[/?]/).findLast((part) => part !== '') ?? ''
  return { body: { metadata: { name } } }
}

function result(exitCode: number, stdout = '', stderr = ''): CommandResult {
  return { exitCode, stdout, stderr, stdoutBytes: Buffer.from(stdout) }
}

/** Of following a unit to its end. */
function unitResult(answer: Answer): CommandResult {
  const [exitCode, output] = typeof answer === 'number' ? [answer, ''] : [0, answer]
  return result(0, output, `quorate attached 1\nquorate exited ${exitCode} 10\n`)
}

/** A pool in which every host has these answers. */
export function scriptedPool(answers: Answers, unitState?: 'ended' | 'absent'): SessionPool {
  return {
    session: (host) => Promise.resolve(scriptedSession(host, answers, unitState)),
    close: () => Promise.resolve(),
  }
}
