/**
 * Extra arguments of the components that kubeadm starts. Internally they are a list of names and values, as in v1beta4.
 * Users may write a list or a map; v1beta3 gets a map.
 */
import { QuorateError } from '../../errors/index.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import type { KubeadmApi } from '../../cluster/supported-minors.js'

/** One argument, without its leading dashes. */
export interface ExtraArgument {
  readonly name: string
  readonly value: string
}

/**
 * Our arguments with the user's applied. An argument that the user gives, once or repeatedly, replaces all of ours with
 * that name. A null value removes it.
 * @throws QuorateError `KUBEADM_CONFIG_INVALID` if the user's are neither a map nor a list of names and values.
 */
export function mergeExtraArguments(
  ours: readonly ExtraArgument[],
  users: unknown,
  field: string,
): readonly ExtraArgument[] {
  const pairs = readPairs(users, field)
  const named = new Set(pairs.map(([name]) => name))
  return [
    ...ours.filter(({ name }) => !named.has(name)),
    ...pairs.flatMap(([name, value]) => (value === null ? [] : [{ name, value }])),
  ]
}

/** Whether a document of kubeadm's, as a cluster keeps it, is in v1beta3, which has maps of arguments. */
export function isV1beta3({ apiVersion }: PlainObject): boolean {
  return String(apiVersion).endsWith('/v1beta3')
}

/**
 * The arguments in the form that the API version expects.
 * @throws QuorateError `KUBEADM_CONFIG_INVALID` for a repeated argument in v1beta3, which cannot express it.
 */
export function emitExtraArguments(
  api: KubeadmApi,
  extraArguments: readonly ExtraArgument[],
  field: string,
): readonly ExtraArgument[] | Readonly<Record<string, string>> {
  if (api === 'v1beta4') return extraArguments
  const repeated = extraArguments.find(({ name }, index) =>
    extraArguments.slice(0, index).some((earlier) => earlier.name === name),
  )
  if (repeated !== undefined) {
    throw new QuorateError(
      'KUBEADM_CONFIG_INVALID',
      `${field} gives "${repeated.name}" more than once, which kubeadm cannot before Kubernetes 1.31`,
    )
  }
  return Object.fromEntries(extraArguments.map(({ name, value }) => [name, value]))
}

function readPairs(value: unknown, field: string): readonly (readonly [string, string | null])[] {
  if (isPlainObject(value)) {
    return Object.entries(value).map(([name, given]) => [name, readValue(given, `${field}.${name}`)])
  }
  if (!Array.isArray(value)) {
    throw new QuorateError(
      'KUBEADM_CONFIG_INVALID',
      `${field} must be a map or a list of {name, value}, not ${JSON.stringify(value)}`,
    )
  }
  return value.map((item: unknown, index) => readItem(item, `${field}[${index}]`))
}

function readItem(item: unknown, field: string): readonly [string, string | null] {
  const given: PlainObject = isPlainObject(item) ? item : {}
  const name = given['name']
  if (typeof name !== 'string' || given['value'] === undefined) {
    throw new QuorateError(
      'KUBEADM_CONFIG_INVALID',
      `${field} must have a name and a value, not ${JSON.stringify(item)}`,
    )
  }
  return [name, readValue(given['value'], field)]
}

// YAML reads `v: 4` and `profiling: false` as number and boolean; kubeadm wants strings.
function readValue(value: unknown, field: string): string | null {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new QuorateError('KUBEADM_CONFIG_INVALID', `${field} must be text, not ${JSON.stringify(value)}`)
}
