/**
 * The certificates of an external etcd. kubeadm makes all of them on the one host that holds the authority's key;
 * those of other members are made in its memory, travel through this process's memory, and are left nowhere else.
 */
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import {
  ETCD_CA,
  MEMBER_CERTIFICATES,
  type MemberCertificate,
} from '../../configuration/etcd/certificates.js'
import { initialCluster, renderMemberConfiguration } from '../../configuration/kubeadm/render-etcd-member.js'
import { isDue } from '../../facts/etcd-renewal.js'
import { hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import { lastLines, script, type Session } from '../../ssh/index.js'
import { describeCertificate } from '../facts/certificates.js'
import { waitForOthers } from '../durable.js'
import { runPhaseWith } from '../kubeadm/run.js'
import type { HostContext } from '../context.js'
import type { StepOutcome } from '../../operations/steps.js'
import { defined } from '../../values/defined.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

const CLIENT = { phase: 'apiserver-etcd-client', name: 'apiserver-etcd-client' } as const

/**
 * On the host of the step, makes etcd's authority and the certificate that API servers show to etcd. That certificate
 * is renewed before it expires, and goes from here to the control planes. If another host has the authority's
 * certificate, and nobody has its key, nothing is made: a second authority would be a second etcd.
 * @param since makes a client certificate due that was issued before then; see {@link isDue}.
 */
export async function makeEtcdAuthority(context: HostContext, since?: number): Promise<StepOutcome> {
  await waitForOthers(context)
  const { session, host } = context
  const made: string[] = []
  if (!(await isPair(session, 'etcd/ca'))) {
    if (await isAuthorityKnown(context)) return { changed: false, summary: "the CA's key is kept elsewhere" }
    await makePair(context, { phase: 'etcd-ca', name: 'etcd/ca' })
    made.push('CA')
  }
  if (!(await lasts(context, CLIENT.name, since))) {
    await makePair(context, CLIENT)
    made.push('client certificate of the API servers')
  }
  if (made.length === 0) return { changed: false, summary: `${host.name} has etcd's CA already` }
  return { changed: true, summary: `made etcd's ${made.join(' and the ')}` }
}

/**
 * Gives the host of the step the authority's certificate, and certificates for its own name and address.
 * @returns false when it had them.
 * @throws QuorateError `ETCD_AUTHORITY_LOST` when some are missing and the authority's key is not on `authority`.
 */
export async function placeMemberCertificates(
  context: HostContext,
  authority: Host,
  hasData: boolean,
): Promise<boolean> {
  const { session, host } = context
  const issuer = await context.sessions.session(authority, context.signal)
  const ca = await issuer.readFile(ETCD_CA.certificate)
  if (ca === undefined) throw authorityLost(authority)
  const own = await session.readFile(ETCD_CA.certificate)
  if (hasData && own !== undefined && !own.equals(ca)) {
    throw context.error('FOREIGN_CLUSTER', 'its etcd member belongs to another etcd than the others', {
      step: 'etcd certificates',
    })
  }
  const valid = await Promise.all(MEMBER_CERTIFICATES.map((one) => isMembers(session, host, one, ca)))
  const missing = MEMBER_CERTIFICATES.filter((_, index) => valid[index] !== true)
  const placed = await session.writeFile(ETCD_CA.certificate, ca, { mode: 0o644 })
  if (missing.length === 0) return placed
  context.report(`issuing certificates on ${authority.name}`)
  for (const [name, { certificate, key }] of await issueMemberCertificates(context, issuer, missing)) {
    await session.writeFile(`${HOST_PATHS.pki}/${name}.crt`, certificate, { mode: 0o644 })
    await session.writeFile(`${HOST_PATHS.pki}/${name}.key`, key, { mode: 0o600 })
  }
  return true
}

/** Makes a certificate and its key in place. Removes both files first, since kubeadm does not complete half a pair. */
async function makePair(
  context: HostContext,
  { phase, name }: { phase: string; name: string },
): Promise<void> {
  for (const suffix of ['crt', 'key']) await context.session.removeFile(`${HOST_PATHS.pki}/${name}.${suffix}`)
  await runPhaseWith(context, `certs ${phase}`, configurationFor(context.cluster, context.host))
}

function configurationFor(cluster: Cluster, host: Host, certificatesDir?: string): string {
  // A member's certificates do not depend on how it starts.
  const beginning = { state: 'new', initialCluster: initialCluster([host]) } as const
  const folder = defined({ certificatesDir })
  return renderMemberConfiguration(cluster, host, { beginning, ...folder })
}

/** Whether any etcd host has the certificate of an authority. */
async function isAuthorityKnown(context: HostContext): Promise<boolean> {
  const known = await Promise.all(
    hostsWithRole(context.cluster, 'etcd').map(async (host) => {
      const session = await context.sessions.session(host, context.signal)
      return (await session.readFile(ETCD_CA.certificate)) ?? Buffer.alloc(0)
    }),
  )
  return known.some((certificate) => certificate.length > 0)
}

/** A certificate and its key, PEM. */
export interface KeyPair {
  readonly certificate: Buffer
  readonly key: Buffer
}

/** Both files of a name below the folder of certificates; undefined if one is missing. */
export async function readPair(session: Session, name: string): Promise<KeyPair | undefined> {
  const [certificate, key] = await Promise.all(
    ['crt', 'key'].map((suffix) => session.readFile(`${HOST_PATHS.pki}/${name}.${suffix}`)),
  )
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}

async function isPair(session: Session, name: string): Promise<boolean> {
  const pair = await readPair(session, name)
  return pair !== undefined && belongTogether(pair)
}

async function lasts(
  { session, cluster }: HostContext,
  name: string,
  since: number | undefined,
): Promise<boolean> {
  const pair = await readPair(session, name)
  if (pair === undefined || !belongTogether(pair)) return false
  const seen = describeCertificate(name, pair.certificate)
  return seen !== undefined && !isDue(cluster, seen, Date.now(), since)
}

/** Whether the host has this certificate: from the authority, with its key, still valid, and for the host's address. */
async function isMembers(
  session: Session,
  host: Host,
  { name, serves }: MemberCertificate,
  ca: Buffer,
): Promise<boolean> {
  const pair = await readPair(session, name)
  if (pair === undefined || !belongTogether(pair)) return false
  const certificate = new X509Certificate(pair.certificate)
  const isIssued = certificate.verify(new X509Certificate(ca).publicKey)
  const isValid = Date.parse(certificate.validTo) > Date.now()
  return isIssued && isValid && (!serves || certificate.checkIP(host.internalAddress) !== undefined)
}

/** Whether certificate and key match; false also for half a file, which a power cut may leave. */
function belongTogether({ certificate, key }: KeyPair): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

// $1: a folder in the host's memory; then the phases. The configuration comes on standard input. The files that are
// made go to standard output, each on a line of its own, and the folder is removed when the script ends.
const ISSUE = `
umask 077
work=$1
shift
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM PIPE
mkdir -p "\${work%/*}"
mkdir "$work" "$work/etcd"
cat >"$work/kubeadm.yaml"
cp ${ETCD_CA.certificate} ${ETCD_CA.key} "$work/etcd/"
for phase; do kubeadm init phase certs "$phase" --config "$work/kubeadm.yaml" >&2; done
rm "$work"/etcd/ca.*
cd "$work"
for file in etcd/*; do printf '%s ' "$file"; base64 -w 0 "$file"; echo; done`

/** Has the host at the other end of `issuer` make certificates and their keys for the host of the step. */
export async function issueMemberCertificates(
  context: HostContext,
  issuer: Session,
  certificates: readonly MemberCertificate[],
): Promise<readonly (readonly [name: string, pair: KeyPair])[]> {
  if ((await issuer.readFile(ETCD_CA.key)) === undefined) throw authorityLost(issuer.host)
  const folder = `/run/quorate/etcd-certificates/${randomUUID()}`
  const run = script(ISSUE, folder, ...certificates.map(({ phase }) => phase))
  const stdin = configurationFor(context.cluster, context.host, folder)
  const result = await issuer.run(run, { root: true, stdin, timeoutMs: 120_000 })
  if (result.exitCode !== 0) {
    throw new QuorateError('KUBEADM_FAILED', `kubeadm makes no certificates for ${context.host.name}`, {
      host: issuer.host.name,
      step: 'kubeadm init phase certs',
      output: lastLines(result.stderr),
    })
  }
  const lines = result.stdout.trim().split('\n')
  const files = new Map(
    lines.map((line) => {
      const [name = '', content = ''] = line.split(' ')
      return [name, Buffer.from(content, 'base64')] as const
    }),
  )
  return certificates.map(({ name }) => {
    const [certificate, key] = [files.get(`${name}.crt`), files.get(`${name}.key`)]
    if (certificate === undefined || key === undefined) throw new Error(`kubeadm made no ${name}`)
    return [name, { certificate, key }] as const
  })
}

function authorityLost(host: Host): QuorateError {
  return new QuorateError(
    'ETCD_AUTHORITY_LOST',
    "no etcd host has the key of etcd's CA, which issues certificates",
    {
      host: host.name,
      step: 'etcd certificates',
    },
  )
}
