/** A node whose machine never comes back: its pods and volumes are given up, so that others can have them. */
import { QuorateError } from '../../errors/index.js'
import type { DrainOptions } from '../../operations/drain.js'
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import { attachedVolume } from './attached-volume.js'
import type { ClusterApi } from './cluster-api.js'
import { cordon } from './cordon.js'

/** Has Kubernetes delete the node's pods at once and detach its volumes, which it never does of its own accord. */
const OUT_OF_SERVICE = {
  key: 'node.kubernetes.io/out-of-service',
  value: 'nodeshutdown',
  effect: 'NoExecute',
} as const

/** Most of a minute passes until the API notices that a kubelet is silent. */
const SILENCE_MS = 120_000

/**
 * Marks the node as out of service once its kubelet is silent, and waits until its volumes are detached.
 * @returns whether the node was changed.
 * @throws QuorateError `REMOVAL_REFUSED` when its kubelet still reports; `DRAIN_BLOCKED` for volumes that stay attached.
 */
export async function giveUpNode(
  context: Pick<HostContext, 'signal' | 'report' | 'operation'>,
  api: ClusterApi,
  node: string,
  { timeoutMs }: Pick<DrainOptions, 'timeoutMs'>,
): Promise<boolean> {
  await waitUntilSilent(context, api, node)
  const cordoned = await cordon(api, node, context.operation)
  const marked = await api.core.nodes.update(node, ({ spec = {}, ...rest }) => {
    const { taints = [] } = spec
    if (taints.some(({ key }) => key === OUT_OF_SERVICE.key)) return undefined
    return { ...rest, spec: { ...spec, taints: [...taints, OUT_OF_SERVICE] } }
  })
  await waitUntil(
    context,
    async () => {
      const volume = await attachedVolume(api, node, [])
      return volume === undefined ? undefined : `the volume ${volume} is still attached to the dead node`
    },
    (reason) =>
      new QuorateError('DRAIN_BLOCKED', reason, {
        host: node,
        step: 'drain',
        hint: 'look at `kubectl get volumeattachments` and the logs of the CSI driver; then retry',
      }),
    { timeoutMs, intervalMs: 2_000 },
  )
  return cordoned || marked
}

async function waitUntilSilent(
  context: Pick<HostContext, 'signal' | 'report'>,
  api: ClusterApi,
  node: string,
): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const found = await api.core.nodes.find(node)
      const isReady = found?.status?.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      )
      return isReady === true
        ? 'its node is still Ready: waiting until its kubelet counts as silent'
        : undefined
    },
    () =>
      new QuorateError('REMOVAL_REFUSED', 'its kubelet still reports to the API, so it is not dead', {
        host: node,
        step: 'drain',
        hint: 'abort and remove it without --dead once it answers over SSH, or switch it off and retry',
      }),
    { timeoutMs: SILENCE_MS, intervalMs: 2_000 },
  )
}
