/** Which pods a drain evicts, and what stands in its way: the rules of the eviction API, applied beforehand. */
import type { UnmanagedPods } from '../../operations/drain.js'

/** A pod, as far as a drain reads it. */
export interface DrainPod {
  readonly metadata?: {
    readonly name?: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    /** Set while the pod is being deleted. */
    readonly deletionTimestamp?: unknown
    readonly ownerReferences?: readonly {
      readonly kind: string
      readonly name: string
      readonly controller?: boolean
    }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

/** A PodDisruptionBudget, as far as a drain reads it. */
export interface DisruptionBudget {
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
  readonly spec?: {
    readonly selector?: LabelSelector
    readonly unhealthyPodEvictionPolicy?: string
  }
  readonly status?: {
    readonly disruptionsAllowed?: number
    readonly currentHealthy?: number
    readonly desiredHealthy?: number
  }
}

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/**
 * Why a pod cannot be evicted. `budget`: its disruption budget allows no disruption now. `budgets`: it has several,
 * which the API does not support. `unmanaged`: no controller would start it again elsewhere.
 */
export interface DrainObstacle {
  readonly kind: 'budget' | 'budgets' | 'unmanaged'
  /** `namespace/name`. */
  readonly pod: string
  /** E.g. `Deployment web`. */
  readonly owner?: string
  /** Names of the budgets, in the namespace of the pod. */
  readonly budgets: readonly string[]
}

/** `namespace/name`. */
export function podTitle({ metadata }: DrainPod): string {
  return `${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`
}

/** Whether the pod stays: it belongs to the node (DaemonSet, static pod), or has already finished. */
export function staysOnNode(pod: DrainPod): boolean {
  const { annotations = {} } = pod.metadata ?? {}
  const hasFinished = ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '')
  const isMirror = annotations['kubernetes.io/config.mirror'] !== undefined
  return hasFinished || isMirror || controllerOf(pod)?.kind === 'DaemonSet'
}

/** What keeps the pods of a node from being evicted, before anything is done. */
export function obstaclesTo(
  pods: readonly DrainPod[],
  budgets: readonly DisruptionBudget[],
  unmanaged: UnmanagedPods,
): readonly DrainObstacle[] {
  return pods
    .filter((pod) => !staysOnNode(pod) && pod.metadata?.deletionTimestamp === undefined)
    .flatMap((pod) => obstacleTo(pod, budgets, unmanaged) ?? [])
}

function obstacleTo(
  pod: DrainPod,
  budgets: readonly DisruptionBudget[],
  unmanaged: UnmanagedPods,
): DrainObstacle | undefined {
  const owner = ownerTitle(pod)
  const found = (kind: DrainObstacle['kind'], names: readonly DisruptionBudget[] = []): DrainObstacle => ({
    kind,
    pod: podTitle(pod),
    ...(owner === undefined ? {} : { owner }),
    budgets: names.map(({ metadata }) => metadata?.name ?? ''),
  })
  if (owner === undefined && unmanaged === 'stop') return found('unmanaged')
  // The API does not ask the budget of a pod that does not run yet.
  if (pod.status?.phase === 'Pending') return undefined
  const covering = budgetsOf(pod, budgets)
  const [budget] = covering
  if (budget === undefined) return undefined
  if (covering.length > 1) return found('budgets', covering)
  return allowsEviction(budget, pod) ? undefined : found('budget', covering)
}

/** The budgets that select the pod. */
export function budgetsOf(
  { metadata }: DrainPod,
  budgets: readonly DisruptionBudget[],
): readonly DisruptionBudget[] {
  return budgets.filter(
    (budget) =>
      budget.metadata?.namespace === metadata?.namespace &&
      budget.spec?.selector !== undefined &&
      selects(budget.spec.selector, metadata?.labels ?? {}),
  )
}

/** As the eviction API decides: a pod that is not ready may go although nothing may be disrupted. */
function allowsEviction({ spec, status }: DisruptionBudget, pod: DrainPod): boolean {
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  if (disruptionsAllowed > 0) return true
  const isReady = pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True')
  if (isReady === true) return false
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  return currentHealthy >= desiredHealthy && desiredHealthy > 0
}

/** An empty selector selects every pod of its namespace. */
function selects(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const isEqual = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  return isEqual && matchExpressions.every((expression) => holds(expression, labels))
}

function holds(
  { key, operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number],
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

function controllerOf({ metadata }: DrainPod) {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true)
}

/** What people know the pod's controller as: a ReplicaSet by its Deployment. */
export function ownerTitle(pod: DrainPod): string | undefined {
  const controller = controllerOf(pod)
  if (controller === undefined) return undefined
  const { kind, name } = controller
  const hash = pod.metadata?.labels?.['pod-template-hash']
  const isOfDeployment = kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`)
  return isOfDeployment ? `Deployment ${name.slice(0, -hash.length - 1)}` : `${kind} ${name}`
}

/** In words: which pod, why, and what it belongs to. */
export function describeObstacle({ kind, pod, owner, budgets }: DrainObstacle): string {
  const whose = owner === undefined ? '' : ` (${owner})`
  switch (kind) {
    case 'unmanaged':
      return `pod ${pod} has no controller that would start it again elsewhere`
    case 'budgets':
      return `pod ${pod}${whose} has more than one disruption budget: ${budgets.join(', ')}`
    case 'budget':
      return `the disruption budget ${budgets.join(', ')} allows no disruption of pod ${pod}${whose}`
  }
}
