/** Why an open run does not continue: where, since when, and what to do about it. */
import { TASK_QUEUE } from '../operations/task-queue.js'
import { QuorateError } from '../errors/index.js'
import { VERSION, versionOfWorker } from '../temporal/installation.js'
import { isClosed, type OperationSnapshot } from './snapshot.js'

/** For people. */
export interface Stuck {
  readonly reason: 'failing' | 'busy' | 'no-worker'
  /** In two or three words. */
  readonly summary: string
  /** What is wrong, without the name of the cluster. */
  readonly message: string
  readonly hint: string
}

/** Undefined if a worker answers, the run has ended, or the server is unreachable. */
export function whyStuck(snapshot: OperationSnapshot): Stuck | undefined {
  if (isClosed(snapshot)) return undefined
  switch (snapshot.reach) {
    case 'failing':
      return failing(snapshot)
    case 'busy':
      return busy(snapshot)
    case 'server':
      return noWorker(snapshot)
    case 'worker':
    case 'nobody':
      return undefined
  }
}

/**
 * As {@link whyStuck}, but only if waiting does not help: the workers that exist or may come cannot continue the run.
 */
export function needsOtherWorker(snapshot: OperationSnapshot): Stuck | undefined {
  const stuck = whyStuck(snapshot)
  const isHopeless = stuck?.reason === 'failing' || (stuck?.reason === 'no-worker' && isOfOther(snapshot))
  return isHopeless ? stuck : undefined
}

/** As an error: `RUN_STUCK` if waiting does not help, otherwise `NO_WORKER`. */
export function stuckError(snapshot: OperationSnapshot, consequence: string): QuorateError {
  const { message, hint } = whyStuck(snapshot) ?? noWorker(snapshot)
  const code = needsOtherWorker(snapshot) === undefined ? 'NO_WORKER' : 'RUN_STUCK'
  return new QuorateError(code, `${message}; ${consequence}`, { hint })
}

/** Whether the run uses another version of the sequence than this release. */
function isOfOther({ taskQueue }: OperationSnapshot): boolean {
  return taskQueue !== TASK_QUEUE
}

function failing(snapshot: OperationSnapshot): Stuck {
  const { taskFailure, workers, startedWith, cluster } = snapshot
  const worker = taskFailure?.worker ?? workers?.[0]?.identity ?? 'a worker'
  const version = versionOfWorker(worker)
  const tried = taskFailure?.attempts === undefined ? '' : `, tried ${taskFailure.attempts} times`
  const isOther = version !== undefined && startedWith !== undefined && version !== startedWith
  const started = isOther ? `; Quorate ${startedWith} started the run, Quorate ${version} works on it` : ''
  return {
    reason: 'failing',
    summary: 'workflow task fails',
    message: `its workflow task fails on ${worker}${tried}: ${taskFailure?.cause ?? 'no reason is known'}${started}`,
    hint: isOther
      ? useRelease(startedWith, cluster)
      : `the worker's log has the whole error (\`quorate engine logs\`); start workers of a release that corrects it, or ${orEnd(cluster)}`,
  }
}

function busy({ workers }: OperationSnapshot): Stuck {
  const [last] = [...(workers ?? [])].sort((a, b) => a.lastPollAgoMs - b.lastPollAgoMs)
  const who = last === undefined ? 'a worker' : last.identity
  const ago = last === undefined ? 'lately' : `${Math.max(0, Math.round(last.lastPollAgoMs / 1000))} s ago`
  return {
    reason: 'busy',
    summary: 'no worker answers',
    message: `no worker answers: ${who}, which asked for work ${ago}, is busy or has ended`,
    hint: 'wait a minute; `quorate doctor` tells whether a worker is there',
  }
}

function noWorker(snapshot: OperationSnapshot): Stuck {
  const { taskFailure, taskQueue, startedWith, cluster } = snapshot
  const before = taskFailure === undefined ? '' : `; the last one failed: ${taskFailure.cause}`
  if (!isOfOther(snapshot)) {
    return {
      reason: 'no-worker',
      summary: 'no worker',
      message: `no worker is there for it${before}`,
      hint: 'start one with `quorate worker` (or `quorate engine start` for the embedded engine)',
    }
  }
  const starter = startedWith === undefined ? 'another release' : `Quorate ${startedWith}`
  return {
    reason: 'no-worker',
    summary: 'no worker of its release',
    message: `${starter} started it, and workers of this release (${VERSION}) do not take it: it waits at ${taskQueue}, they serve ${TASK_QUEUE}${before}`,
    hint: useRelease(startedWith, cluster),
  }
}

function useRelease(version: string | undefined, cluster: string): string {
  const release = version === undefined ? 'that release' : `Quorate ${version}`
  const program = version === undefined ? 'its `quorate' : `\`npx quorate@${version}`
  return `start a worker of ${release} (${program} engine start\` for the embedded engine, else ${program} worker\`), or ${orEnd(cluster)}`
}

function orEnd(cluster: string): string {
  return `end the run with \`quorate cancel --force ${cluster}\`: \`quorate apply\` then goes on from where the hosts are`
}
