/** Why certificates cannot be renewed, and what a renewal leaves as it is. */
import type { Cluster } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import { certificateTitle, type Renewer } from '../../facts/certificates.js'
import type { ObservedHost } from '../../facts/facts.js'
import type { ClusterPresence } from '../../facts/standing.js'
import type { RenewRequest } from '../../operations/input.js'
import { finding, type PreflightFinding } from '../../preflight/finding.js'
import { isAway } from '../drift/away.js'
import { unknownHosts } from '../unknown-hosts.js'
import type { RenewingHost } from './due.js'

/** What is decided from. */
export interface RenewSituation {
  readonly file: Cluster
  readonly request: RenewRequest
  /** Those that are renewed and answered. */
  readonly asked: readonly RenewingHost[]
  readonly observed: readonly ObservedHost[]
  readonly presence: ClusterPresence
  readonly unanswered: readonly ErrorReport[]
}

/** Everything that forbids the renewal. */
export function renewProblems(situation: RenewSituation): readonly ErrorReport[] {
  const { file, request, presence, unanswered } = situation
  const absent =
    presence.kind === 'absent'
      ? [finding('error', 'CLUSTER_UNREADABLE', undefined, 'there is no cluster yet', 'run `quorate apply`')]
      : []
  const silent = unanswered.filter(
    (report) => !isAway(report) || request.hosts.some((name) => name === report.host),
  )
  return [
    ...unknownHosts(file, request.hosts),
    ...absent,
    ...silent.map((report) => ({ severity: 'error' as const, ...report })),
    ...endedAuthorities(situation),
    ...otherSilence(situation),
  ]
}

/**
 * An API that does not answer although no certificate has ended is down for another reason. Nobody sees then whether the
 * other members of etcd run, so nothing is restarted unless hosts are named: least of all by the clock.
 */
function otherSilence({ asked, presence, request }: RenewSituation): readonly PreflightFinding[] {
  if (presence.kind !== 'unreadable' || request.hosts.length > 0) return []
  if (asked.some(({ renewal }) => renewal.hasEnded || renewal.kubeletEnded)) return []
  return [
    finding(
      'error',
      'CLUSTER_UNREADABLE',
      undefined,
      `the API of the cluster does not answer (${presence.reason}), although no certificate has ended`,
      'find out why it does not answer and fix that; if components still show certificates that have ended, name the control planes to renew and restart them: `quorate certificates renew HOST…`',
    ),
  ]
}

/** Nothing that an authority issues is valid for longer than itself. */
function endedAuthorities({ asked, observed }: RenewSituation): readonly PreflightFinding[] {
  return asked.flatMap(({ host, renewal }) => {
    const at = observed.find((one) => one.host.name === host.name)?.facts.certificates?.at ?? ''
    const ended = renewal.left.filter(
      ({ one, renewer }) => renewer === 'ca' && Date.parse(one.notAfter) <= Date.parse(at),
    )
    return ended.map(({ one }) =>
      finding(
        'error',
        'CERTIFICATE_EXPIRED',
        host,
        `${certificateTitle(one.path)} has ended: what it issues now is not valid either`,
        'replace it as the Kubernetes page "Manual Rotation of CA Certificates" says, then renew',
      ),
    )
  })
}

const WHO: Readonly<Partial<Record<Renewer, string>>> = {
  authority: "no etcd host has the key of etcd's CA",
  ca: 'it is a CA, and no renewal replaces those',
  owner: 'renew it where it was issued',
}

/** What the operator should know beforehand. */
export function renewWarnings(situation: RenewSituation): readonly string[] {
  const { asked, presence, unanswered } = situation
  const away = unanswered.filter(isAway).map(({ host = '', message }) => {
    return `${host} does not answer (${message}), and is left out: renew again when it is back`
  })
  const left = asked.flatMap(({ host, renewal }) =>
    renewal.left.map(({ one, renewer }) => {
      const day = one.notAfter.slice(0, 10)
      return `${host.name}: ${certificateTitle(one.path)} ends on ${day} and stays as it is: ${WHO[renewer] ?? ''}`
    }),
  )
  const down =
    presence.kind === 'unreadable'
      ? [
          `the API of the cluster does not answer (${presence.reason}): hosts are renewed without waiting for one another`,
        ]
      : []
  return [...down, ...away, ...left]
}
