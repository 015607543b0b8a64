/** What a rebuild begins with: the archive is read as a whole, and nothing of what is secret leaves this process. */
import { createHash } from 'node:crypto'
import { CLUSTER_CONFIGURATION } from '../../archives/contents.js'
import { DATABASE, contentOf, filesOf, findArchive, unreadable } from '../../archives/open.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { parseClusterConfiguration } from '../../facts/kept-configuration.js'
import type { HostContext } from '../../hosts/context.js'
import { parseRecord } from '../../hosts/etcd/snapshots/folder.js'
import { HttpsClient } from '../../hosts/https/client.js'
import { hashIfCertificate } from '../../hosts/system/pki.js'
import type { ArchiveReference } from '../../operations/rebuild/request.js'
import type { ArchivedCluster } from '../../planning/rebuild/archived-cluster.js'
import { defined } from '../../values/defined.js'

/** In the archive, what the paths of hosts begin with. */
export const ON_HOST = 'host'

/**
 * Looks at the archive, and whether the cluster of the file lives after all: that is asked from the step's host.
 * @throws QuorateError `ARCHIVE_UNREADABLE`, `SNAPSHOT_UNKNOWN`, `SNAPSHOT_DAMAGED`, or of the COPY_ family.
 */
export async function lookAtArchive(
  context: HostContext,
  reference: ArchiveReference,
): Promise<ArchivedCluster> {
  const archive = await findArchive(context.cluster, reference)
  const small = new Map<string, Buffer>()
  let database: ReadDatabase | undefined
  for await (const entry of filesOf(archive)) {
    context.signal.throwIfAborted()
    if (entry.name === DATABASE) database = await readDatabase(context, entry.bytes, entry.content)
    else small.set(entry.name, await contentOf(entry))
  }
  const text = (name: string) => small.get(name)?.toString() ?? ''
  const record = parseRecord(text('snapshot.json'))
  if (record === undefined || database === undefined) {
    throw unreadable(archive.title, 'it is no archive of a snapshot')
  }
  if (!database.isWhole || database.sha256 !== record.sha256) {
    throw context.error(
      'SNAPSHOT_DAMAGED',
      `${record.name} in ${archive.title} is not as it was written down`,
    )
  }
  return {
    record,
    ...defined({
      configuration: parseClusterConfiguration(text(CLUSTER_CONFIGURATION)),
      caHash: hashIfCertificate(text(`${ON_HOST}${HOST_PATHS.caCertificate}`)),
    }),
    files: [...small.keys()]
      .filter((name) => name.startsWith(`${ON_HOST}/`))
      .map((name) => name.slice(ON_HOST.length)),
    isServed: await isServed(context),
  }
}

interface ReadDatabase {
  readonly sha256: string
  /** Its own digest, the last 32 bytes, is that of the rest: what a restore checks. */
  readonly isWhole: boolean
}

const DIGEST_BYTES = 32

async function readDatabase(
  context: HostContext,
  bytes: number,
  content: AsyncIterable<Uint8Array>,
): Promise<ReadDatabase> {
  const [whole, body] = [createHash('sha256'), createHash('sha256')]
  let end = Buffer.alloc(0)
  let read = 0
  for await (const chunk of content) {
    context.signal.throwIfAborted()
    whole.update(chunk)
    read += chunk.length
    const seen = Buffer.concat([end, chunk])
    body.update(seen.subarray(0, Math.max(0, seen.length - DIGEST_BYTES)))
    end = seen.subarray(Math.max(0, seen.length - DIGEST_BYTES))
    context.report(`read ${Math.round(read / 2 ** 20)} of ${Math.ceil(bytes / 2 ** 20)} MiB`)
  }
  return { sha256: whole.digest('hex'), isWhole: body.digest().equals(end) }
}

const TIMEOUT_MS = 5_000

/** Statuses with which an API server answers whoever shows no credentials. */
const OF_API_SERVERS = [200, 401, 403, 500]

/** Nothing is shown to whoever answers there, so who it is does not matter. */
async function isServed({ cluster, session }: HostContext): Promise<boolean> {
  const client = new HttpsClient(cluster.kubernetes.controlPlaneEndpoint, { ca: undefined })
  try {
    const asked = { method: 'GET', path: '/readyz', timeoutMs: TIMEOUT_MS } as const
    const outcome = await client.ask(session, asked)
    return outcome.kind === 'answered' && OF_API_SERVERS.includes(outcome.status)
  } finally {
    client.close()
  }
}
