/** What Quorate remembers in the cluster itself: the ConfigMap `kube-system/quorate`, with one entry for each subject. */
import { isConflict } from './api/refusal.js'
import type { ClusterApi } from './cluster-api.js'

const NAMESPACE = 'kube-system'
const NAME = 'quorate'

/**
 * `removed`: machines that were removed as dead. `configuration`: what the cluster file has set of kubeadm's documents.
 * `encryption`: how far encryption at rest is. `kube-proxy`: what its pods had before a change that is on its way.
 */
export type RecordEntry = 'removed' | 'configuration' | 'encryption' | 'kube-proxy'

/** The text of an entry; undefined if there is none. */
export async function recorded({ core }: ClusterApi, entry: RecordEntry): Promise<string | undefined> {
  return (await core.configMaps.in(NAMESPACE).find(NAME))?.data?.[entry]
}

/**
 * Changes an entry.
 * @param change returns the new text, null to remove the entry, or undefined to leave it. May be called again, if somebody
 * else has changed the record meanwhile.
 * @returns whether anything was written.
 */
export async function changeRecord(
  { core }: ClusterApi,
  entry: RecordEntry,
  change: (text: string | undefined) => string | null | undefined,
): Promise<boolean> {
  const maps = core.configMaps.in(NAMESPACE)
  if ((await maps.find(NAME)) === undefined) {
    const text = change(undefined)
    if (text === undefined || text === null) return false
    try {
      await maps.create({ metadata: { name: NAME, namespace: NAMESPACE }, data: { [entry]: text } })
      return true
    } catch (error) {
      if (!isConflict(error)) throw error
    }
  }
  return maps.update(NAME, (object) => {
    const { [entry]: before, ...others } = object.data ?? {}
    const text = change(before)
    if (text === undefined || text === (before ?? null)) return undefined
    return { ...object, data: text === null ? others : { ...others, [entry]: text } }
  })
}
