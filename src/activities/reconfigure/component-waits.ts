/** Waiting until a control plane's component runs with the manifest in place, or is seen to reject it. */
import { isQuorateError, type QuorateError } from '../../errors/index.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForWholeEtcd } from '../../hosts/etcd/health.js'
import {
  componentObstacle,
  lastWords,
  lookAtComponent,
  type ComponentProcess,
} from '../../hosts/kubeadm/component-process.js'
import { waitForApiServer } from '../../hosts/kubernetes/wait-for-api-server.js'
import { waitUntil } from '../../hosts/wait.js'
import { failureIn } from '../../ssh/index.js'
import type { PlainObject } from '../../values/merge.js'

const TITLE = 'configuration'

/** How often a container may end before its configuration counts as rejected. */
const CRASHES = 2

/** How a component is waited for. */
export interface ComponentWait {
  /** What ran before its manifest was changed: these processes do not count. */
  readonly before?: ComponentProcess
  /**
   * Whether crashes from before the wait count, too. A pod with the same manifest has the logs of an earlier attempt;
   * otherwise only what ends from now on counts.
   */
  readonly countsAll?: boolean
  /** The error instead of `CONFIGURATION_REJECTED`. */
  readonly giveUp?: (reason: string) => QuorateError
}

/** Whether the error says that a component does not take its configuration. */
export function isRejection(error: unknown): boolean {
  return isQuorateError(error) && error.code === 'CONFIGURATION_REJECTED'
}

/** Whether the component runs with this manifest and is healthy. */
export async function isRunning(context: HostContext, name: string, pod: PlainObject): Promise<boolean> {
  const seen = await lookAtComponent(context, name)
  return (await componentObstacle(context, name, pod, seen, undefined)) === undefined
}

/**
 * Waits until the component runs with this manifest and is healthy.
 * @throws QuorateError `CONFIGURATION_REJECTED` when it keeps crashing, or is not healthy for a long time.
 */
export async function waitForComponent(
  context: HostContext,
  name: string,
  pod: PlainObject,
  { before, countsAll = false, giveUp }: ComponentWait = {},
): Promise<void> {
  const atFirst = new Map<string, number>()
  const crashes = ({ pod: folder, restarts }: ComponentProcess) => {
    if (folder === before?.pod) return 0
    if (!atFirst.has(folder)) atFirst.set(folder, countsAll ? 0 : restarts)
    return restarts - (atFirst.get(folder) ?? 0)
  }
  await waitUntil(
    context,
    async () => {
      const seen = await lookAtComponent(context, name)
      const obstacle = await componentObstacle(context, name, pod, seen, before)
      if (obstacle !== undefined && crashes(seen) >= CRASHES && giveUp === undefined)
        throw await rejected(context, name)
      return obstacle
    },
    giveUp ?? ((reason) => context.error('CONFIGURATION_REJECTED', reason, { step: TITLE })),
    { timeoutMs: context.patience.components },
  )
}

/** After a restart of etcd: waits for all its members, and for the API server beside it, which connects again. */
export async function waitUntilWhole(context: HostContext, name: string): Promise<void> {
  if (name !== 'etcd') return
  await waitForWholeEtcd(context, context.session)
  await waitForApiServer(context, TITLE)
}

async function rejected(context: HostContext, name: string): Promise<QuorateError> {
  const output = await lastWords(context, name)
  const message = `${name} keeps crashing with its new configuration: ${failureIn(output)}`
  return context.error('CONFIGURATION_REJECTED', message, { step: TITLE, output })
}
