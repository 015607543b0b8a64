/** The administrator's kubeconfig as a host gave it. kubectl will act on this data, so it is checked first. */
import { parse, stringify } from 'yaml'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import { QuorateError } from '../../errors/index.js'

/** The administrator's access: all that is taken from a host's file. */
export interface AdminAccess {
  /** `server`, `certificate-authority-data` and the like. */
  readonly cluster: PlainObject
  /** `client-certificate-data` and `client-key-data`. */
  readonly user: PlainObject
}

/** Fields that are plain data. Others name programs and files on the machine where kubectl runs. */
const CLUSTER_FIELDS = ['server', 'certificate-authority-data', 'tls-server-name']
const USER_FIELDS = ['client-certificate-data', 'client-key-data', 'token']

/**
 * The access in an admin.conf.
 * @throws QuorateError `KUBECONFIG_UNUSABLE` if it has none, or would make kubectl run programs or read files: kubeadm
 *   writes nothing like that.
 */
export function readAdminAccess(text: string): AdminAccess {
  const data = parsed(text)
  return {
    cluster: onlyEntry(data, 'clusters', 'cluster', CLUSTER_FIELDS),
    user: onlyEntry(data, 'users', 'user', USER_FIELDS),
  }
}

/** A kubeconfig with only this access. We choose the names of its cluster, user and context. */
export function renderKubeconfig(access: AdminAccess, name: string): string {
  const config = { apiVersion: 'v1', kind: 'Config', ...entriesFor(access, name), 'current-context': name }
  return stringify(config, { lineWidth: 0 })
}

/** The entries of an access, by list. */
export function entriesFor(
  { cluster, user }: AdminAccess,
  name: string,
): Readonly<Record<ListName, readonly Entry[]>> {
  const userName = `${name}-admin`
  return {
    clusters: [{ name, cluster }],
    users: [{ name: userName, user }],
    contexts: [{ name, context: { cluster: name, user: userName } }],
  }
}

/** The lists of a kubeconfig whose entries have names. */
export const LISTS = ['clusters', 'users', 'contexts'] as const
export type ListName = (typeof LISTS)[number]

export interface Entry extends PlainObject {
  readonly name: string
}

function parsed(text: string): PlainObject {
  try {
    const data: unknown = parse(text, { logLevel: 'error' })
    if (isPlainObject(data)) return data
  } catch {
    // Text that is not YAML has no access either.
  }
  return {}
}

function onlyEntry(data: PlainObject, list: string, field: string, allowed: readonly string[]): PlainObject {
  const entries: unknown = data[list]
  const [entry, ...others] = Array.isArray(entries) ? (entries as unknown[]) : []
  const value = isPlainObject(entry) ? entry[field] : undefined
  if (!isPlainObject(value) || others.length > 0) {
    throw unusable(`the host's admin.conf does not have one entry in ${list}`)
  }
  const strange = Object.keys(value).filter((key) => !allowed.includes(key) || typeof value[key] !== 'string')
  if (strange.length > 0) throw unusable(`the host's admin.conf has ${strange.join(', ')} in ${list}`)
  return value
}

function unusable(message: string): QuorateError {
  return new QuorateError('KUBECONFIG_UNUSABLE', message, {
    hint: 'check /etc/kubernetes/admin.conf on the control planes: kubeadm writes a server, certificates and a key, nothing that runs programs',
  })
}
