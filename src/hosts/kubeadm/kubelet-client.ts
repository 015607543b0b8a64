/**
 * A kubelet's own client certificate, made by hand once it has ended: the kubelet can then neither ask for another nor, if it
 * restarts, start at all. Source: Kubernetes' page "Troubleshooting kubeadm", "Kubelet client certificate rotation fails".
 */
import { certificatePeriod } from '../../facts/expiry.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { command, expectSuccess, script, type Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { readIdentity } from '../kubernetes/api/credentials.js'
import { kubeadmError } from './errors.js'

const TITLE = 'kubeadm kubeconfig user'

/**
 * Has the control plane at the other end of `issuer` issue a client certificate for the kubelet of the step's host, and puts
 * it where the kubelet keeps its own. The key passes through this process's memory.
 * @param configuration what kubeadm is given there.
 */
export async function placeKubeletClient(
  context: HostContext,
  issuer: Session,
  configuration: string,
): Promise<void> {
  const { session, host } = context
  const content = await issueClient(context, issuer, configuration)
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[T:]/g, '-')
  const path = `/var/lib/kubelet/pki/kubelet-client-${stamp}.pem`
  await session.writeFile(path, content, { mode: 0o600 })
  const placed = script(PLACE, path, HOST_PATHS.kubeletCertificate, HOST_PATHS.kubeletConf)
  expectSuccess(await session.run(placed, { root: true }), "placing the kubelet's certificate", host)
}

async function issueClient(
  { host, cluster, report }: HostContext,
  issuer: Session,
  configuration: string,
): Promise<Buffer> {
  report(`issuing a certificate for its kubelet on ${issuer.host.name}`)
  const seconds = Math.max(60, Math.round(certificatePeriod(cluster) / 1000))
  const issue = command(
    ...['kubeadm', 'kubeconfig', 'user', '--config', '/dev/stdin', '--org', 'system:nodes'],
    ...['--client-name', `system:node:${host.name}`, '--validity-period', `${seconds}s`],
  )
  const { exitCode, stdout, stderr } = await issuer.run(issue, {
    root: true,
    stdin: configuration,
    timeoutMs: 120_000,
  })
  if (exitCode !== 0) throw kubeadmError(issuer.host, TITLE, { exitCode, output: stderr, ordinal: 1 })
  const identity = readIdentity(Buffer.from(stdout))
  if (identity === undefined) {
    throw kubeadmError(issuer.host, TITLE, { exitCode, output: 'it printed no kubeconfig', ordinal: 1 })
  }
  return Buffer.from(`${identity.certificate.trimEnd()}\n${identity.key.trimEnd()}\n`)
}

// $1: the new file, $2: the link by which the kubelet finds its newest, $3: its kubeconfig. One that still has a certificate
// in it, as kubeadm init writes it first, is told to read the file, as `kubeadm init phase kubelet-finalize` does.
const PLACE = `
ln -sfn -- "$1" "$2.quorate"
mv -Tf -- "$2.quorate" "$2"
if grep -q 'client-certificate-data:' "$3" 2>/dev/null; then
  umask 077
  sed -e "s|^\\( *\\)client-certificate-data:.*|\\1client-certificate: $2|" \\
    -e "s|^\\( *\\)client-key-data:.*|\\1client-key: $2|" "$3" >"$3.quorate"
  sync -- "$3.quorate"
  mv -f -- "$3.quorate" "$3"
fi
sync -- "$1"`

const RENEW_SERVING = `rm -f -- /var/lib/kubelet/pki/kubelet.crt /var/lib/kubelet/pki/kubelet.key`

/** Removes what the kubelet has signed itself; it makes another when it starts. */
export async function removeKubeletServing({ session, host }: HostContext): Promise<void> {
  expectSuccess(await session.run(script(RENEW_SERVING), { root: true }), 'removing kubelet.crt', host)
}
