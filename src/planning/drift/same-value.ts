/** When a value of the cluster file and one that the cluster keeps mean the same. */
import { parseDuration } from '../../values/go-duration.js'
import { isPlainObject } from '../../values/merge.js'

/**
 * Fields in which false or 0 means the same as no value, and that kubeadm then leaves out. In other fields it is a value
 * of its own. Source: `omitempty` of fields that are no pointers, in kubelet's `config/v1beta1/types.go` and kubeadm's
 * `apis/kubeadm/v1beta4/types.go`.
 */
const ZERO_IS_UNSET: ReadonlySet<string> = new Set([
  'readOnlyPort',
  'podsPerCore',
  'evictionMaxPodGracePeriod',
  'protectKernelDefaults',
  'serverTLSBootstrap',
  'kernelMemcgNotification',
  'enableContentionProfiling',
  'runOnce',
  'disabled',
  'readOnly',
])

/** The kubelet then gives pods no resolver at all; all other empty texts are left out. */
const EMPTY_IS_A_VALUE = 'resolvConf'

/** Whether both values mean the same at this path. kubeadm stores neither the order of keys nor the notation of durations. */
export function isSame(file: unknown, cluster: unknown, path: readonly string[]): boolean {
  const isArgument = (path.at(-2) ?? '').endsWith('xtraArgs')
  const text = (value: unknown) => JSON.stringify(isArgument ? stored(value) : normal(value, path.at(-1)))
  return text(file) === text(cluster)
}

/** Numbers and booleans of extra arguments are stored as text; null removes a field. */
function stored(value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function normal(value: unknown, name = ''): unknown {
  if (value === '' && name !== EMPTY_IS_A_VALUE) return undefined
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => normal(item) ?? null)
  if (isPlainObject(value)) {
    const entries = Object.entries(value).map(([key, entry]) => [key, normal(entry, key)] as const)
    return entries.filter(([, entry]) => entry !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
  }
  if ((value === false || value === 0) && ZERO_IS_UNSET.has(name)) return undefined
  const text = stored(value)
  return typeof text === 'string' ? (parseDuration(text) ?? text) : undefined
}
