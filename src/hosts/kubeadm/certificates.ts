/** kubeadm's certificates with their keys. kubeadm writes the key first: killed between, the two do not belong together. */
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { renderInitConfiguration } from '../../configuration/kubeadm/render.js'
import type { Cluster } from '../../cluster/model.js'
import { command, expectSuccess } from '../../ssh/index.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { readPair, type KeyPair } from '../etcd/certificates.js'
import { readIdentity } from '../kubernetes/api/credentials.js'
import { makeBootstrapToken } from '../kubernetes/bootstrap-token.js'
import type { HostContext } from '../context.js'
import { runPhaseWith } from './run.js'

interface Certificate {
  /** Below the folder of certificates, without suffix. */
  readonly path: string
  /** As `kubeadm certs renew` and `kubeadm init phase certs` call it. */
  readonly name: string
}

const OF_COMPONENTS: readonly Certificate[] = [
  { path: 'apiserver', name: 'apiserver' },
  { path: 'apiserver-kubelet-client', name: 'apiserver-kubelet-client' },
  { path: 'front-proxy-client', name: 'front-proxy-client' },
]
const OF_STACKED_ETCD: readonly Certificate[] = [
  { path: 'apiserver-etcd-client', name: 'apiserver-etcd-client' },
  { path: 'etcd/server', name: 'etcd-server' },
  { path: 'etcd/peer', name: 'etcd-peer' },
  { path: 'etcd/healthcheck-client', name: 'etcd-healthcheck-client' },
]

/** The certificates that kubeadm makes on a control plane. */
export function kubeadmCertificates({ etcd }: Cluster): readonly Certificate[] {
  return etcd.topology === 'stacked' ? [...OF_COMPONENTS, ...OF_STACKED_ETCD] : OF_COMPONENTS
}

/** The state of a certificate and its key. `broken`: one of them cannot be read, or is missing. */
export function judgePair(pair: KeyPair | undefined): 'whole' | 'mismatched' | 'broken' {
  if (pair === undefined) return 'broken'
  try {
    const certificate = new X509Certificate(pair.certificate)
    return certificate.checkPrivateKey(createPrivateKey(pair.key)) ? 'whole' : 'mismatched'
  } catch {
    return 'broken'
  }
}

/**
 * Makes each pair again that does not fit, with the authority on the host.
 * @param configuration what kubeadm is given; called only if something is to be made.
 * @returns the names of the certificates.
 */
export async function repairCertificates(
  context: HostContext,
  configuration: () => Promise<string> = () => Promise.resolve(initConfiguration(context)),
): Promise<readonly string[]> {
  const { cluster, host, session } = context
  const repaired: string[] = []
  for (const { path, name } of kubeadmCertificates(cluster)) {
    const state = judgePair(await readPair(session, path))
    if (state === 'whole') continue
    context.report(`making the certificate ${name} again: its key does not fit`)
    if (state === 'mismatched') {
      // Keeps the names in the certificate.
      const renew = command('kubeadm', 'certs', 'renew', name, '--config', '/dev/stdin')
      const renewed = await session.run(renew, {
        root: true,
        stdin: await configuration(),
        timeoutMs: 120_000,
      })
      expectSuccess(renewed, `renewing the certificate ${name}`, host)
    } else {
      for (const suffix of ['crt', 'key']) await session.removeFile(`${HOST_PATHS.pki}/${path}.${suffix}`)
      await runPhaseWith(context, `certs ${name}`, await configuration())
    }
    repaired.push(name)
  }
  return repaired
}

/** The kubeconfigs of components, as `kubeadm init phase kubeconfig` calls them. */
const KUBECONFIGS = ['admin', 'controller-manager', 'scheduler'] as const

/**
 * Makes each kubeconfig again that holds no certificate with its key: kubeadm, killed while it writes one, leaves half of it.
 * @returns the names of the files.
 */
export async function repairKubeconfigs(
  context: HostContext,
  configuration: () => Promise<string>,
): Promise<readonly string[]> {
  const repaired: string[] = []
  for (const name of KUBECONFIGS) {
    const path = `${HOST_PATHS.kubernetes}/${name}.conf`
    const identity = readIdentity(await context.session.readFile(path))
    const pair = identity && {
      certificate: Buffer.from(identity.certificate),
      key: Buffer.from(identity.key),
    }
    if (judgePair(pair) === 'whole') continue
    context.report(`making ${path} again: it has no certificate with its key`)
    await context.session.removeFile(path)
    await runPhaseWith(context, `kubeconfig ${name}`, await configuration())
    repaired.push(`${name}.conf`)
  }
  return repaired
}

/** As the cluster file has it. */
function initConfiguration({ cluster, host }: HostContext): string {
  return renderInitConfiguration(cluster, host, { bootstrapToken: makeBootstrapToken() })
}
