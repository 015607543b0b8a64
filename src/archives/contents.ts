/**
 * What an archive holds: everything that brings a cluster back after a total loss. Secrets come from the hosts into this
 * process' memory and go straight into the encryption.
 */
import { HOST_PATHS } from '../cluster/host-paths.js'
import type { Host } from '../cluster/model.js'
import { ENCRYPTION_FOLDER, KEYS_FOLDER } from '../configuration/encryption.js'
import { CLUSTER_KEYS } from '../configuration/pki.js'
import type { HostContext } from '../hosts/context.js'
import { databasePath } from '../hosts/etcd/snapshots/folder.js'
import { piecesOf } from '../hosts/etcd/snapshots/pieces.js'
import { renderRecord } from '../hosts/etcd/snapshots/take.js'
import { keptClusterConfiguration } from '../hosts/kubeadm/cluster-configuration.js'
import type { SnapshotRecord } from '../operations/snapshot-record.js'
import { expectSuccess, script, type Session } from '../ssh/index.js'
import type { ArchiveContents } from './archive.js'
import type { TarEntry } from './tar.js'

/** Where the parts come from. */
export interface ArchiveSources {
  readonly record: SnapshotRecord
  /** The text of the cluster file. */
  readonly clusterFile: string
  /** Hosts that may have the keys of the cluster, in the order in which they are asked. */
  readonly hosts: readonly Host[]
}

/** Where an archive has kubeadm's ClusterConfiguration. */
export const CLUSTER_CONFIGURATION = 'kubeadm/cluster-configuration.yaml'

/** Collects it. The snapshot itself is read, from the step's host, only as fast as it is taken. */
export async function archiveContents(
  context: HostContext,
  { record, clusterFile, hosts }: ArchiveSources,
): Promise<ArchiveContents> {
  const { session, sessions, signal } = context
  const controlPlanes = hosts.filter(({ role }) => role === 'control-plane')
  const asked = await Promise.all(hosts.map((host) => sessions.session(host, signal)))
  const keys = await Promise.all(CLUSTER_KEYS.map(({ path }) => firstWith(asked, path)))
  const encryption = await encryptionFiles(asked.filter(({ host }) => host.role === 'control-plane'))
  const configuration = await keptClusterConfiguration(context, controlPlanes)
  const found = [...keys, ...encryption].filter(({ content }) => content !== undefined)
  const lacking = [
    ...[...keys, ...encryption].filter(({ content }) => content === undefined).map(({ path }) => path),
    ...(configuration === undefined ? [CLUSTER_CONFIGURATION] : []),
  ]
  const entries: TarEntry[] = [
    small('README.txt', README),
    small('snapshot.json', renderRecord(record)),
    small('cluster.yaml', clusterFile),
    ...(configuration === undefined ? [] : [small(CLUSTER_CONFIGURATION, configuration)]),
    ...found.map(({ path, content = '' }) => small(`host${path}`, content)),
    {
      name: 'snapshot.db',
      bytes: record.bytes,
      content: piecesOf(session, databasePath(record.name), { bytes: record.bytes, signal }),
    },
  ]
  return { entries, lacking }
}

const README = `This is everything that a cluster is brought back from after a total loss.

snapshot.db    etcd, as \`etcdctl snapshot save\` wrote it; \`etcdutl snapshot restore\` reads it
snapshot.json  what it is: revision, versions, digests
cluster.yaml   the cluster file of Quorate
kubeadm/       the ClusterConfiguration of kubeadm
host/          files of control planes, at their paths: the authorities of the cluster, the keys of service accounts, and
               the keys of encryption at rest if there are any

Whoever has these files is the administrator of the cluster.
`

interface Found {
  readonly path: string
  readonly content: Buffer | undefined
}

async function firstWith(sessions: readonly Session[], path: string): Promise<Found> {
  for (const session of sessions) {
    const content = await session.readFile(path)
    if (content !== undefined) return { path, content }
  }
  return { path, content: undefined }
}

// $1: a manifest, then folders. Prints the path that API servers are given, then each file in the folders.
const LIST = `
sed -nE 's/^ *- *"?--encryption-provider-config=([^"]+)"?$/\\1/p' "$1" 2>/dev/null || true
shift
for folder in "$@"; do [ ! -d "$folder" ] || find "$folder" -type f ! -name '.*'; done`

/** What values in etcd are encrypted with: without it, they cannot be read after a restore. */
async function encryptionFiles(controlPlanes: readonly Session[]): Promise<readonly Found[]> {
  const paths = new Set<string>()
  for (const session of controlPlanes) {
    const asked = script(LIST, HOST_PATHS.apiServerManifest, ENCRYPTION_FOLDER, KEYS_FOLDER)
    const listed = await session.run(asked, { root: true })
    const { stdout } = expectSuccess(listed, 'listing the keys of encryption at rest', session.host)
    for (const line of stdout.split('\n')) if (line.startsWith('/')) paths.add(line)
  }
  return Promise.all([...paths].toSorted().map((path) => firstWith(controlPlanes, path)))
}

function small(name: string, content: string | Buffer): TarEntry {
  const bytes = Buffer.from(content)
  return { name, bytes: bytes.length, content: [bytes] }
}
