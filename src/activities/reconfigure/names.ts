/** The names in the API server's certificate. Its key is made on the host and never leaves it. */
import { X509Certificate } from 'node:crypto'
import { apiServerBindPort } from '../../configuration/kubeadm/api-server.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { renderForPhases } from '../../configuration/kubeadm/render.js'
import type { HostContext } from '../../hosts/context.js'
import { servedCertificate } from '../../hosts/https/served.js'
import { judgePair } from '../../hosts/kubeadm/certificates.js'
import { kubeadmError } from '../../hosts/kubeadm/errors.js'
import { waitUntil } from '../../hosts/wait.js'
import { expectSuccess, script } from '../../ssh/index.js'
import type { PlainObject } from '../../values/merge.js'

// On the file system of the certificates, so that they come into place by rename. The authority's key is a copy that
// lives as long as this script, in a folder that only root may open.
const FOLDER = `${HOST_PATHS.kubernetes}/.quorate-certificate`
const PLACE = `${HOST_PATHS.pki}/apiserver`

const MAKE = `
folder=$1
rm -rf -- "$folder"
mkdir -m 700 -- "$folder"
trap 'rm -f -- "$folder/ca.key" "$folder/kubeadm"' EXIT
cp -p -- ${HOST_PATHS.caCertificate} ${HOST_PATHS.caKey} "$folder"
cat >"$folder/kubeadm"
kubeadm init phase certs apiserver --config "$folder/kubeadm" >/dev/null || exit
cat -- "$folder/apiserver.crt"`

// Not to be ended by a lost connection between key and certificate.
const INSTALL = `
trap '' HUP
mv -f -- "$1/apiserver.key" "$2.key"
mv -f -- "$1/apiserver.crt" "$2.crt"
sync -- "$2.key" "$2.crt"
rm -rf -- "$1"`

/**
 * Gives the API server a certificate with the names of the document, if its own has others; it takes it up by itself.
 * @returns false if it had them.
 */
export async function configureNames(context: HostContext, document: PlainObject): Promise<boolean> {
  const { cluster, host, session } = context
  const title = 'kubeadm init phase certs apiserver'
  const configuration = renderForPhases(cluster, host, { ...document, certificatesDir: FOLDER })
  const made = await session.run(script(MAKE, FOLDER), {
    root: true,
    stdin: configuration,
    timeoutMs: 120_000,
  })
  if (made.exitCode !== 0)
    throw kubeadmError(host, title, { exitCode: made.exitCode, output: made.stderr, ordinal: 1 })
  const wanted = namesOf(made.stdout)
  const present = await session.readFile(`${PLACE}.crt`)
  const isSame = present !== undefined && namesOf(present) === wanted && (await isPair(context, present))
  const act = isSame ? script('rm -rf -- "$1"', FOLDER) : script(INSTALL, FOLDER, PLACE)
  expectSuccess(await session.run(act, { root: true }), 'installing a certificate', host)
  if (!isSame) context.report('waiting for the API server to serve its new certificate')
  await waitUntil(
    context,
    async () =>
      (await servedNames(context)) === wanted
        ? undefined
        : 'the API server does not serve a certificate with these names yet',
    (reason) => context.error('CONFIGURATION_INCOMPLETE', reason, { step: 'certificate' }),
    { timeoutMs: context.patience.components },
  )
  return !isSame
}

/** Between the two renames of an earlier attempt, key and certificate do not belong together. */
async function isPair({ session }: HostContext, certificate: Buffer): Promise<boolean> {
  const key = await session.readFile(`${PLACE}.key`)
  return key !== undefined && judgePair({ certificate, key }) === 'whole'
}

function namesOf(certificate: string | Buffer): string {
  const names = new X509Certificate(certificate).subjectAltName ?? ''
  return names.split(', ').sort().join(', ')
}

/** The names in the certificate on the wire; empty if there is none. */
async function servedNames({ cluster, host, session }: HostContext): Promise<string> {
  const endpoint = { host: host.internalAddress, port: apiServerBindPort(cluster) }
  const served = await servedCertificate(session, endpoint)
  return served === undefined ? '' : namesOf(served)
}
