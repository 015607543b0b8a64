/** Which key the values in etcd are written with: only the beginning of each value is read, never what it holds. */
import { registryKey } from '../../configuration/kubeadm/api-server.js'
import { IDENTITY, providerOf } from '../../cluster/encryption-layout.js'
import { QuorateError } from '../../errors/index.js'
import type { Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { entriesBetween } from '../etcd/gateway.js'
import { askEtcd } from '../etcd/health.js'
import { etcdBeginnings } from '../etcd/members.js'
import { ENCRYPTION_STEP } from './keys.js'

/** Values per question. */
const PAGE = 500

/** A key of etcd, and the beginning of its value. */
interface Beginning {
  readonly key: string
  readonly value: Buffer
}

/**
 * Where etcd has the objects of a resource. Source: kube-apiserver's registries, and `genericregistry` for custom resources.
 */
export function valuesPrefix(registry: string, resource: string): string {
  const [plural = '', ...group] = resource.split('.')
  return group.length === 0 ? `${registry}${plural}/` : `${registry}${group.join('.')}/${plural}/`
}

/**
 * The objects of a resource that another key than `writer` has written, as `NAMESPACE/NAME` or `NAME`.
 * @throws QuorateError `ETCD_UNREACHABLE`.
 */
export async function otherwiseWritten(
  context: HostContext,
  resource: string,
  writer: string,
): Promise<readonly string[]> {
  const { cluster, session } = context
  const prefix = valuesPrefix(registryKey(cluster), resource)
  const own = await askEtcd(context, session)
  const found: string[] = []
  for (let from: string | undefined = prefix; from !== undefined;) {
    const page: readonly Beginning[] = await pageOf(context, own, from, endOf(prefix))
    for (const { key, value } of page) {
      if (writerOf(value) !== writer) found.push(key.slice(prefix.length))
    }
    // No name has a character that sorts before this one.
    const last = page.at(-1)
    from = page.length < PAGE || last === undefined ? undefined : `${last.key}!`
  }
  return found
}

async function pageOf(
  { cluster, session }: HostContext,
  own: Session | undefined,
  from: string,
  to: string,
): Promise<readonly Beginning[]> {
  if (own !== undefined) return etcdBeginnings(own, from, to, PAGE)
  const endpoints = cluster.etcd.topology === 'external' ? cluster.etcd.endpoints : []
  return entriesBetween(session, endpoints, from, to, PAGE)
}

/** The first key after those that begin with the prefix, which ends with a slash. */
function endOf(prefix: string): string {
  return `${prefix.slice(0, -1)}0`
}

/**
 * The name of the key that a value begins with; `identity` for one that is not encrypted. Source: Kubernetes'
 * `apiserver/pkg/storage/value`: `k8s:enc:<provider>:v1:<key>:`.
 */
export function writerOf(value: Buffer): string {
  const text = value.toString('latin1')
  if (!text.startsWith('k8s:enc:')) return IDENTITY
  const [, , provider = '', , key = ''] = text.split(':')
  return provider === providerOf(key) ? key : `${provider}:${key}`
}

/** The error for values that could not be written again. */
export function incomplete({ host }: HostContext, message: string): QuorateError {
  return new QuorateError('ENCRYPTION_INCOMPLETE', message, { host: host.name, step: ENCRYPTION_STEP })
}
