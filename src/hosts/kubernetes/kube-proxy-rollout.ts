/**
 * A rollout of kube-proxy that stops at the first pod that crashes. Its pods have no readiness probe, so a DaemonSet takes
 * a pod that crashes again and again for rolled out; with a time that a pod must last, it does not.
 */
import type { DaemonSet } from 'kubernetes-types/apps/v1.js'
import type { Pod } from 'kubernetes-types/core/v1.js'
import { defined } from '../../values/defined.js'
import { sha256 } from '../../values/sha256.js'
import { failureIn, lastLines } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import type { Stored } from './api/resources.js'
import type { ClusterApi } from './cluster-api.js'
import { hasCondition, readyNodeNames } from './nodes.js'

/** Where kubeadm has it. */
const PLACE = { namespace: 'kube-system', name: 'kube-proxy', labels: 'k8s-app=kube-proxy' } as const

/** The annotation of each pod that says with which configuration it was started. */
const MARK = 'quorate.dev/configuration'

/**
 * The part of the patience with components that a pod must last before the next one is replaced: usually 10 seconds.
 * kube-proxy rejects a configuration when it starts.
 */
const LASTING = 1 / 30

/** The part of all pods that is replaced at once after that. */
const AT_ONCE = 0.1

const STEP = 'kube-proxy configuration'

/** How the DaemonSet was rolled out before. */
export interface RolloutSettings {
  readonly spec: Pick<NonNullable<DaemonSet['spec']>, 'minReadySeconds' | 'updateStrategy'>
  /** What its pods are marked with; undefined for pods that kubeadm has started. */
  readonly mark?: string
}

/** The mark of pods with this configuration. */
export function markOf(configuration: string): string {
  return sha256(configuration)
}

/** The DaemonSet's own settings; undefined if the cluster has no kube-proxy of kubeadm's. */
export async function rolloutSettings({ apps }: ClusterApi): Promise<RolloutSettings | undefined> {
  const { spec } = (await apps.daemonSets.in(PLACE.namespace).find(PLACE.name)) ?? {}
  if (spec === undefined) return undefined
  const { minReadySeconds = 0, updateStrategy, template } = spec
  return {
    spec: { minReadySeconds, ...defined({ updateStrategy }) },
    ...defined({ mark: template.metadata?.annotations?.[MARK] }),
  }
}

/** Gives the DaemonSet its own settings back; no pod restarts. */
export async function restoreSettings({ apps }: ClusterApi, { spec }: RolloutSettings): Promise<void> {
  await apps.daemonSets
    .in(PLACE.namespace)
    .update(PLACE.name, (found) =>
      found.spec === undefined ? undefined : { ...found, spec: { ...found.spec, ...spec } },
    )
}

/**
 * Restarts the pods that have another mark, one first, with the configuration that is in place already; pods on nodes that are
 * not Ready are left out. A mark that they had before restarts only those that were replaced meanwhile.
 * @throws QuorateError `CONFIGURATION_REJECTED` as soon as a new pod keeps crashing, or when none lasts for a long time.
 */
export async function rollOutKubeProxy(
  context: HostContext,
  api: ClusterApi,
  wanted: string | undefined,
): Promise<void> {
  const lastsMs = context.patience.components * LASTING
  const since: ReadySince = new Map()
  const lookAgain = () => look(api, wanted, (pod) => hasLasted(pod, since, lastsMs))
  let seen = await lookAgain()
  // Each pod that lasts renews the patience with the others.
  while (seen.lasting < seen.all) {
    const { lasting } = seen
    await waitUntil(
      context,
      async () => {
        seen = await lookAgain()
        const crashing = seen.pods.find(isCrashing)
        if (crashing !== undefined) throw await rejected(context, api, crashing)
        await steer(api, wanted, seen, Math.ceil(lastsMs / 1_000))
        if (seen.lasting > lasting || seen.lasting >= seen.all) return undefined
        return `kube-proxy: ${seen.lasting} of ${seen.all} pods run with the new configuration`
      },
      (reason) => context.error('CONFIGURATION_REJECTED', reason, { step: STEP }),
      { timeoutMs: context.patience.components },
    )
  }
}

/** Since when pods have been seen Ready without a restart, in milliseconds of this process: clocks of hosts may differ. */
type ReadySince = Map<string, number>

interface Seen {
  /** The new pods on Ready nodes. */
  readonly pods: readonly Stored<Pod>[]
  /** How many of them have lasted. */
  readonly lasting: number
  /** How many there must be. */
  readonly all: number
  /** Old pods on nodes that are not Ready: the DaemonSet counts them among those that may be away. */
  readonly away: number
}

async function look(
  api: ClusterApi,
  wanted: string | undefined,
  lasts: (pod: Stored<Pod>) => boolean,
): Promise<Seen> {
  const [ready, pods] = await Promise.all([
    readyNodeNames(api),
    api.core.pods.in(PLACE.namespace).list({ labels: PLACE.labels }),
  ])
  const onReady = pods.filter(({ spec }) => ready.has(spec?.nodeName ?? ''))
  const fresh = onReady.filter(
    ({ metadata }) => metadata.annotations?.[MARK] === wanted && metadata.deletionTimestamp === undefined,
  )
  return {
    pods: fresh,
    lasting: fresh.filter(lasts).length,
    all: new Set(onReady.map(({ spec }) => spec?.nodeName)).size,
    away: pods.length - onReady.length,
  }
}

function hasLasted({ metadata, status }: Stored<Pod>, since: ReadySince, lastsMs: number): boolean {
  if (!hasCondition(status?.conditions, 'Ready')) return false
  const restarts = status?.containerStatuses?.map(({ restartCount }) => restartCount) ?? []
  const key = `${metadata.uid ?? metadata.name} ${restarts.join()}`
  const first = since.get(key) ?? performance.now()
  since.set(key, first)
  return performance.now() - first >= lastsMs
}

function isCrashing({ status }: Stored<Pod>): boolean {
  return (
    status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff') === true
  )
}

/** One pod at once until one has lasted, then more. */
async function steer(
  { apps }: ClusterApi,
  wanted: string | undefined,
  { lasting, all, away }: Seen,
  minReadySeconds: number,
): Promise<void> {
  const maxUnavailable = away + (lasting === 0 ? 1 : Math.max(1, Math.floor(all * AT_ONCE)))
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: 0 } }
  await apps.daemonSets.in(PLACE.namespace).update(PLACE.name, (found) => {
    const { spec } = found
    if (spec === undefined) return undefined
    const { template } = spec
    const { [MARK]: mark, ...others } = template.metadata?.annotations ?? {}
    const annotations = { ...others, ...defined({ [MARK]: wanted }) }
    const isSteered =
      mark === wanted &&
      spec.minReadySeconds === minReadySeconds &&
      spec.updateStrategy?.type === 'RollingUpdate' &&
      spec.updateStrategy.rollingUpdate?.maxUnavailable === maxUnavailable
    if (isSteered) return undefined
    const metadata = { ...template.metadata, annotations }
    return {
      ...found,
      spec: { ...spec, minReadySeconds, updateStrategy, template: { ...template, metadata } },
    }
  })
}

async function rejected(context: HostContext, api: ClusterApi, pod: Stored<Pod>) {
  const { name } = pod.metadata
  const log = await api.core.log({ namespace: PLACE.namespace, name }, { lines: 20, previous: true })
  const output = lastLines(log)
  const message = `kube-proxy on ${pod.spec?.nodeName ?? name} keeps crashing with its new configuration: ${failureIn(output)}`
  return context.error('CONFIGURATION_REJECTED', message, { step: STEP, output })
}
