/**
 * What the first control plane of a rebuilt cluster begins with instead of nothing: the keys of the cluster, and the data
 * of etcd. kubeadm keeps authorities that it finds, and etcd the data.
 */
import { findArchive, smallFiles } from '../../archives/open.js'
import { keysIn, parseLayout } from '../../cluster/encryption-layout.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { KEYS_FOLDER } from '../../configuration/encryption.js'
import { peerUrl } from '../../configuration/etcd/urls.js'
import { CLUSTER_KEYS, type SharedFile } from '../../configuration/pki.js'
import { kubeadmImages } from '../../hosts/containerd/images.js'
import type { HostContext } from '../../hosts/context.js'
import { placeLayout } from '../../hosts/encryption/keys.js'
import { placeData, restoreData } from '../../hosts/etcd/restore/data.js'
import type { Seed } from '../../operations/rebuild/request.js'
import { ON_HOST } from './look-at-archive.js'

/** The check of kubeadm that an etcd has no data yet. Source: kubeadm's preflight, DirAvailableCheck. */
export const DATA_CHECK = 'DirAvailable--var-lib-etcd'

/**
 * Puts it on a bare host. The data come last: until then nothing looks like a cluster.
 * @param layout the name of the layout of encryption at rest. None of its keys is made.
 * @throws QuorateError `ARCHIVE_UNREADABLE`, `ENCRYPTION_KEY_LOST`, `RESTORE_FAILED`, `DISK_FULL`.
 */
export async function placeSeed(context: HostContext, seed: Seed, layout: string): Promise<void> {
  const { cluster, host, operation, session } = context
  const { files } = await smallFiles(await findArchive(cluster, seed), seed.record)
  // A cluster that was initialised here before, with the same CA, is the one that is lost.
  await session.removeFile(HOST_PATHS.initialised)
  const inUse = keysIn(parseLayout(layout) ?? {})
  for (const { path, mode } of [...CLUSTER_KEYS, ...encryptionKeys(files)]) {
    const content = files.get(`${ON_HOST}${path}`)
    if (content === undefined) throw context.error('ARCHIVE_UNREADABLE', `the archive lacks ${path}`)
    await session.writeFile(path, content, { mode })
  }
  await placeLayout(context, layout, { others: [], inUse, makes: false })
  const image = (await kubeadmImages(context)).find((one) => one.includes('/etcd:'))
  if (image === undefined) throw context.error('RESTORE_FAILED', 'kubeadm lists no image of etcd')
  const member = { name: host.name, peerUrl: peerUrl(host) }
  const { name, revision } = seed.record
  const source = { kind: 'snapshot', name, revision } as const
  await restoreData(context, { image, member, members: [member], source })
  await placeData(context, operation)
}

/** All of them: values that were written before a change of keys need the earlier ones. */
function encryptionKeys(files: ReadonlyMap<string, Buffer>): readonly Pick<SharedFile, 'path' | 'mode'>[] {
  return [...files.keys()]
    .filter((name) => name.startsWith(`${ON_HOST}${KEYS_FOLDER}/`) && !name.includes('..'))
    .map((name) => ({ path: name.slice(ON_HOST.length), mode: 0o600 }))
}
