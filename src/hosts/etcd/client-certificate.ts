/**
 * Puts what API servers need for access to an external etcd on the control plane that is initialised. The files come
 * from the etcd hosts, or from files of the user's on this worker's machine, through this process's memory only.
 */
import { readFile, stat } from 'node:fs/promises'
import { ETCD_CLIENT_FILES, type SharedFile } from '../../configuration/pki.js'
import { hostsWithRole, type EtcdClientFiles } from '../../cluster/model.js'
import type { HostContext } from '../context.js'
import { defined } from '../../values/defined.js'

/** The three files, in the order of {@link ETCD_CLIENT_FILES}. */
type Contents = Readonly<Record<keyof typeof ETCD_CLIENT_FILES, Buffer>>

/** Puts the files in place; does nothing with stacked etcd. */
export async function placeEtcdClient(context: HostContext): Promise<void> {
  const { etcd } = context.cluster
  if (etcd.topology === 'stacked') return
  const contents =
    etcd.clientFiles === undefined
      ? await fromEtcdHosts(context)
      : await fromWorker(context, etcd.clientFiles)
  const place = ({ path, mode }: SharedFile, content: Buffer) =>
    context.session.writeFile(path, content, { mode })
  await place(ETCD_CLIENT_FILES.ca, contents.ca)
  await place(ETCD_CLIENT_FILES.certificate, contents.certificate)
  await place(ETCD_CLIENT_FILES.key, contents.key)
}

async function fromEtcdHosts(context: HostContext): Promise<Contents> {
  const { ca, certificate, key } = ETCD_CLIENT_FILES
  for (const host of hostsWithRole(context.cluster, 'etcd')) {
    const session = await context.sessions.session(host, context.signal)
    const files = await Promise.all([ca, certificate, key].map(({ path }) => session.readFile(path)))
    const [authority, issued, secret] = files
    if (authority !== undefined && issued !== undefined && secret !== undefined) {
      return { ca: authority, certificate: issued, key: secret }
    }
  }
  throw context.error('ETCD_AUTHORITY_LOST', `no etcd host has ${certificate.path} and its key`, {
    step: 'etcd client certificate',
  })
}

/** Bits of a file's mode that give access to others than its owner. */
const OTHERS = 0o077

async function fromWorker({ error }: HostContext, files: EtcdClientFiles): Promise<Contents> {
  const fail = (message: string, hint?: string) =>
    error('ETCD_CLIENT_FILES_MISSING', message, {
      step: 'etcd client certificate',
      ...defined({ hint }),
    })
  const read = async (path: string): Promise<Buffer> => {
    try {
      return await readFile(path)
    } catch (error) {
      throw fail(`${path} cannot be read on the worker's machine: ${(error as Error).message}`)
    }
  }
  const contents = {
    ca: await read(files.caFile),
    certificate: await read(files.certFile),
    key: await read(files.keyFile),
  }
  const { mode } = await stat(files.keyFile)
  if ((mode & OTHERS) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0')
    throw fail(
      `the private key ${files.keyFile} is accessible to others (mode ${octal})`,
      `run \`chmod 600 ${files.keyFile}\`, then retry`,
    )
  }
  return contents
}
