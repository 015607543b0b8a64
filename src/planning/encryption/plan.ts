/** What an apply changes of the encryption at rest of a running cluster. */
import { layoutIn } from '../../configuration/encryption.js'
import {
  IDENTITY,
  layoutName,
  NO_ENCRYPTION,
  parseLayout,
  targetLayout,
  writersOf,
} from '../../cluster/encryption-layout.js'
import type { Cluster, Host } from '../../cluster/model.js'
import type { Standing } from '../../facts/standing.js'
import { APPLY_PHASES } from '../../operations/apply-phases.js'
import type { PlannedChange } from '../../operations/results.js'
import type { Difference } from '../drift/difference.js'

/** What changes. */
export interface EncryptionChange {
  /** The name of the layout that the file asks for. */
  readonly target: string
  /** Makes the key, and gets each layout before the others. */
  readonly first: Host
  /** The other control planes of the cluster that answer. */
  readonly controlPlanes: readonly Host[]
  /** Names of those that do not: none may be left out. */
  readonly missing: readonly string[]
  readonly changes: readonly PlannedChange[]
}

/** Returns what changes; undefined if the cluster has what the file asks for, or has a configuration of its own. */
export function planEncryption(
  cluster: Cluster,
  standing: Standing,
  first: Host,
): EncryptionChange | undefined {
  const kept = layoutIn(standing.configuration.document)
  const target = layoutName(targetLayout(cluster.kubernetes.encryptionAtRest))
  const { encryptionNote: note, nodes } = standing
  if (kept === undefined) return undefined
  const isSettled = note?.layout === target && !note.isChanging
  const isNone = note === undefined && target === NO_ENCRYPTION
  if (kept === target && (isSettled || isNone)) return undefined
  const isControlPlane = ({ role }: { readonly role: string }) => role === 'control-plane'
  const joined = new Set(nodes.map(({ name }) => name))
  const controlPlanes = cluster.hosts.filter(
    (host) => isControlPlane(host) && joined.has(host.name) && host.name !== first.name,
  )
  const missing = (cluster.bystanders ?? []).filter(isControlPlane).map(({ name }) => name)
  const change = (host: Host, action: string): PlannedChange => ({
    host: host.name,
    phase: APPLY_PHASES['encryption-at-rest'].title,
    action,
  })
  const changes = [
    change(
      first,
      `${aimOf(kept, target)}: restart kube-apiserver with each stage, and write every value again`,
    ),
    ...controlPlanes.map((host) => change(host, 'restart kube-apiserver with each stage')),
  ]
  return { target, first, controlPlanes, missing, changes }
}

/** What the plan says of each resource whose key changes. */
function aimOf(kept: string, target: string): string {
  const [before, after] = [parseLayout(kept) ?? {}, parseLayout(target) ?? {}]
  const resources = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  const words = resources.flatMap((resource) => {
    const [old, now] = [before, after].map((layout) => writersOf(layout, resource)[0] ?? IDENTITY)
    if (old === now) return []
    return [now === IDENTITY ? `decrypt ${resource}` : `encrypt ${resource} with ${now}`]
  })
  return words.length === 0 ? 'complete the change of encryption' : words.join(', ')
}

/** A cluster whose API servers have an encryption configuration that somebody else wrote: it is left alone. */
export function foreignEncryption(file: Cluster, standing: Standing): Difference | undefined {
  const { encryptionAtRest } = file.kubernetes
  if (encryptionAtRest === undefined || layoutIn(standing.configuration.document) !== undefined)
    return undefined
  return {
    file: layoutName(targetLayout(encryptionAtRest)),
    cluster: 'an encryption-provider-config of its own',
  }
}
