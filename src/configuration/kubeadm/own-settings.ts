/** What Quorate itself has set in a ClusterConfiguration, and no cluster file says as a patch. */
import type { PlainObject } from '../../values/merge.js'
import { ENCRYPTION_PATHS, layoutIn } from '../encryption.js'
import { FOUNDED_PATH } from '../etcd/founded.js'

/** Where it is. */
export function ownSettings(clusterConfiguration: PlainObject): readonly (readonly string[])[] {
  const isEncryptionOurs = layoutIn(clusterConfiguration) !== undefined
  return [FOUNDED_PATH, ...(isEncryptionOurs ? ENCRYPTION_PATHS : [])]
}
