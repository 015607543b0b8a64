/**
 * Renews the certificates of etcd hosts, and those that API servers show to etcd, before they expire; one host at a
 * time. Nothing is restarted: etcd, and the etcd client in API servers, read their files again for each connection.
 */
import { ETCD_CLIENT_FILES } from '../configuration/pki.js'
import { MEMBER_CERTIFICATES } from '../configuration/etcd/certificates.js'
import { CLIENT_CERTIFICATE, isDue } from '../facts/etcd-renewal.js'
import { hasEnded } from '../facts/expiry.js'
import type { CertificateFacts } from '../facts/facts.js'
import { hostsWithRole, type Host } from '../cluster/model.js'
import { expectSuccess, script, type Session } from '../ssh/index.js'
import { describeCertificate } from '../hosts/facts/certificates.js'
import { waitForWholeEtcd } from '../hosts/etcd/health.js'
import { issueMemberCertificates, readPair, type KeyPair } from '../hosts/etcd/certificates.js'
import { answersHealthy } from '../hosts/etcd/gateway.js'
import { startKubelet } from '../hosts/kubeadm/kubelet.js'
import { waitForApiServer } from '../hosts/kubernetes/wait-for-api-server.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

const UNCHANGED: StepOutcome = { changed: false, summary: 'certificates last long enough' }

/**
 * Renews what is due on the host of the step; `authority` is the etcd host that issues certificates.
 * @param since makes everything due that was issued before then; see {@link isDue}.
 */
export async function renewEtcdCertificates(
  context: HostContext,
  authority: Host,
  since?: number,
): Promise<StepOutcome> {
  return context.host.role === 'etcd' ? renewMember(context, authority, since) : renewClient(context, since)
}

async function renewMember(
  context: HostContext,
  authority: Host,
  since: number | undefined,
): Promise<StepOutcome> {
  const { session, sessions, signal } = context
  const looks = await Promise.all(
    MEMBER_CERTIFICATES.map(async (one) => ({ one, seen: await look(session, `${one.name}.crt`) })),
  )
  const due = looks.filter(
    ({ seen }) => seen !== undefined && isDue(context.cluster, seen, Date.now(), since),
  )
  if (due.length === 0) return UNCHANGED
  await waitForWholeEtcd(context, session)
  const issuer = await sessions.session(authority, signal)
  context.report(`issuing certificates on ${authority.name}`)
  const issued = await issueMemberCertificates(
    context,
    issuer,
    due.map(({ one }) => one),
  )
  for (const [name, pair] of issued) await replacePair(session, name, pair)
  // Checks again with this member's renewed certificates, over connections whose ends see each other's certificates.
  await waitForWholeEtcd(context, session)
  return { changed: true, summary: `renewed ${due.map(({ one }) => one.name).join(', ')}` }
}

async function renewClient(context: HostContext, since: number | undefined): Promise<StepOutcome> {
  const { cluster, session, patience } = context
  const own = await look(session, CLIENT_CERTIFICATE)
  if (own === undefined || !isDue(cluster, own, Date.now(), since)) return UNCHANGED
  const renewed = await newestClient(context, own, since)
  // If it has already expired, the API server is down, and renewing it is what brings the API server back.
  const isUp = !hasEnded({ ...own, at: Date.now(), period: Infinity })
  if (isUp) {
    await startKubelet(context)
    await waitForApiServer(context, 'etcd client certificate')
  }
  await waitForWholeEtcd(context, session)
  await replacePair(session, CLIENT_CERTIFICATE.replace(/\.crt$/, ''), renewed)
  const endpoints = cluster.etcd.topology === 'external' ? cluster.etcd.endpoints : []
  await waitUntil(
    context,
    async () => {
      for (const endpoint of endpoints) {
        if (!(await answersHealthy(session, endpoint)))
          return `etcd at ${endpoint} does not accept the renewed certificate`
      }
      return undefined
    },
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: 'etcd client certificate' }),
    { timeoutMs: patience.etcd },
  )
  await waitForApiServer(context, 'etcd client certificate')
  return { changed: true, summary: "renewed the API server's client certificate for etcd" }
}

/** The longest-lasting pair on the etcd hosts; the authority made it in this operation or before. */
async function newestClient(
  context: HostContext,
  own: CertificateFacts,
  since: number | undefined,
): Promise<KeyPair> {
  const name = CLIENT_CERTIFICATE.replace(/\.crt$/, '')
  const found: { readonly pair: KeyPair; readonly end: number; readonly isFresh: boolean }[] = []
  for (const host of hostsWithRole(context.cluster, 'etcd')) {
    const pair = await readPair(await context.sessions.session(host, context.signal), name)
    const seen = pair && describeCertificate(ETCD_CLIENT_FILES.certificate.path, pair.certificate)
    if (pair === undefined || seen === undefined) continue
    // With a shorter lifetime than before, a new one may end before the old one.
    const isFresh = since !== undefined && !isDue(context.cluster, seen, Date.now(), since)
    found.push({ pair, end: Date.parse(seen.notAfter), isFresh })
  }
  const newest = found.toSorted((a, b) => b.end - a.end)[0]
  const fresh = found.find(({ isFresh }) => isFresh)
  if (fresh !== undefined) return fresh.pair
  if (newest !== undefined && newest.end > Date.parse(own.notAfter)) return newest.pair
  throw context.error('ETCD_AUTHORITY_LOST', `no etcd host has a newer ${CLIENT_CERTIFICATE}`, {
    step: 'etcd client certificate',
  })
}

async function look(session: Session, name: string): Promise<CertificateFacts | undefined> {
  const content = await session.readFile(`${HOST_PATHS.pki}/${name}`)
  return content === undefined ? undefined : describeCertificate(name, content)
}

// $1: the folder, $2: the pair's name. Whoever reads between the two renames finds no matching pair and tries again.
const REPLACE = `
cd "$1"
mv -f -- "$2.key.renewed" "$2.key"
mv -f -- "$2.crt.renewed" "$2.crt"
sync -- "$2.key" "$2.crt"`

/** Puts both files in place as nearly at once as two renames can. */
async function replacePair(session: Session, name: string, { certificate, key }: KeyPair): Promise<void> {
  await session.writeFile(`${HOST_PATHS.pki}/${name}.key.renewed`, key, { mode: 0o600 })
  await session.writeFile(`${HOST_PATHS.pki}/${name}.crt.renewed`, certificate, { mode: 0o644 })
  const replaced = await session.run(script(REPLACE, HOST_PATHS.pki, name), { root: true })
  expectSuccess(replaced, `replacing ${name}.crt and its key`, session.host)
}
