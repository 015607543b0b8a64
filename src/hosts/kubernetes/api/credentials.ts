/**
 * The administrator's credentials, read from a control plane as root. They stay in this process' memory: nothing
 * reports, logs or returns them.
 */
import { parse } from 'yaml'
import { z } from 'zod'
import { QuorateError } from '../../../errors/index.js'
import type { Session } from '../../../ssh/index.js'
import type { TlsIdentity } from '../../https/agent.js'

export const ADMIN_CONF = '/etc/kubernetes/admin.conf'

const BASE64 = z.base64().transform((text) => Buffer.from(text, 'base64').toString())

// The fields that `kubeadm` writes. It writes one cluster, one user and one context.
const KUBECONFIG = z.looseObject({
  clusters: z.tuple([z.looseObject({ cluster: z.looseObject({ 'certificate-authority-data': BASE64 }) })]),
  users: z.tuple([
    z.looseObject({
      user: z.looseObject({ 'client-certificate-data': BASE64, 'client-key-data': BASE64 }),
    }),
  ]),
})

/**
 * What a control plane's admin.conf has.
 * @throws QuorateError `API_NOT_ANSWERING` when there is no such file, or not as kubeadm writes it; of the SSH_ family.
 */
export async function readCredentials(
  session: Session,
): Promise<Required<TlsIdentity> & { readonly ca: string }> {
  const content = await session.readFile(ADMIN_CONF)
  if (content === undefined) throw unusable(session, `there is no ${ADMIN_CONF}`)
  const identity = readIdentity(content)
  if (identity === undefined) throw unusable(session, `${ADMIN_CONF} is not as kubeadm writes it`)
  return identity
}

/** Who a kubeconfig of kubeadm's lets in, and where; undefined if it is none that kubeadm has written completely. */
export function readIdentity(
  content: Buffer | undefined,
): (Required<TlsIdentity> & { readonly ca: string }) | undefined {
  const { data } = KUBECONFIG.safeParse(content === undefined ? undefined : parsed(content))
  if (data === undefined) return undefined
  const [{ cluster }] = data.clusters
  const [{ user }] = data.users
  return {
    ca: cluster['certificate-authority-data'],
    certificate: user['client-certificate-data'],
    key: user['client-key-data'],
  }
}

function parsed(content: Buffer): unknown {
  try {
    return parse(content.toString())
  } catch {
    // The parser's error would quote the file.
    return undefined
  }
}

function unusable(session: Session, reason: string): QuorateError {
  return new QuorateError('API_NOT_ANSWERING', reason, { host: session.host.name, step: 'Kubernetes API' })
}
