/**
 * The worker's side of sealing: its codec, its guards, and what it does about runs that were started without the key.
 */
import type { InjectedSinks, NativeConnection, WorkerOptions, WorkflowBundleOption } from '@temporalio/worker'
import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { SealSinks } from '../../operations/tickets.js'
import { activityGuard, currentActivity, type FirstRunOf } from './activity-guard.js'
import { firstRunOf } from './client.js'
import { SealCodec } from './codec.js'
import type { SealKeys } from './keys.js'

/** How many runs and refusals are remembered, so that each is asked about or logged only once. */
const MOST_REMEMBERED = 1_000

/** Options for an SDK worker that accepts only sealed payloads. */
export function sealedWorkerOptions(
  keys: SealKeys,
  { connection, namespace, log }: { connection: NativeConnection; namespace: string; log: Logger },
): Pick<WorkerOptions, 'dataConverter' | 'interceptors' | 'sinks'> {
  const chains = remembering((run) => firstRunOf(connection.workflowService, namespace, run))
  return {
    dataConverter: { payloadCodecs: [new SealCodec(keys, currentActivity)] },
    interceptors: { activity: [activityGuard(chains)] },
    sinks: refusalSinks(connection, namespace, log),
  }
}

/**
 * The bundle for a worker that accepts only sealed payloads. The guards in it (workflows/run/seal-guard.ts) look for
 * this mark, which no message can set or remove.
 */
export function guardedBundle(bundle: WorkflowBundleOption): WorkflowBundleOption {
  const code = 'code' in bundle ? bundle.code : readFileSync(bundle.codePath, 'utf8')
  return { code: `globalThis.quorateSeals=true;${code}` }
}

/** Asks once for each run. */
function remembering(ask: FirstRunOf): FirstRunOf {
  const known = new Map<string, Promise<string>>()
  return (run) => {
    const answer = known.get(run.runId) ?? ask(run)
    if (known.size > MOST_REMEMBERED) known.clear()
    known.set(run.runId, answer)
    answer.catch(() => known.delete(run.runId))
    return answer
  }
}

function refusalSinks(
  connection: NativeConnection,
  namespace: string,
  log: Logger,
): InjectedSinks<SealSinks> {
  const told = new Set<string>()
  const tellOnce = (runId: string, what: string, details: object): void => {
    const key = `${runId} ${what}`
    if (told.has(key)) return
    if (told.size > MOST_REMEMBERED) told.clear()
    told.add(key)
    log.warn({ ...details, runId }, what)
  }
  return {
    seal: {
      refused: {
        fn: ({ workflowId, runId }, what) => tellOnce(runId, what, { workflowId }),
        callDuringReplay: true,
      },
      refusedRun: {
        fn: async ({ workflowId, runId, unsafe }, what) => {
          tellOnce(runId, what, { workflowId })
          // A run that has already made progress can no longer be failed by its own code: its history says otherwise.
          if (!unsafe.isReplaying) return
          await connection.workflowService
            .terminateWorkflowExecution({
              namespace,
              workflowExecution: { workflowId, runId },
              reason: `UNSEALED: ${what}`,
            })
            .catch(() => undefined)
        },
        callDuringReplay: true,
      },
    },
  }
}
