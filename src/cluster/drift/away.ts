/** Hosts of the cluster file that did not answer: which of them stop an apply, and which it works around. */
import type { ErrorCode, ErrorReport } from '../../errors/index.js'
import { etcdHosts, type Cluster } from '../model.js'
import { finding, type PreflightFinding } from '../preflight/finding.js'
import type { ClusterPresence } from '../standing.js'

/** Codes by which a host is away, rather than in need of somebody's hand. */
const AWAY: readonly ErrorCode[] = ['SSH_UNREACHABLE', 'SSH_CONNECTION_LOST', 'SSH_TIMEOUT']

/** Whether the host is away, by what kept it from answering. */
export function isAway({ code }: ErrorReport): boolean {
  return AWAY.includes(code)
}

/** Whether an operation works around the host: a node of the running cluster that is away. */
function isBystander(report: ErrorReport, presence: ClusterPresence): boolean {
  if (presence.kind !== 'read' || !isAway(report)) return false
  return presence.standing.nodes.some(({ name }) => name === report.host)
}

/**
 * What is told of hosts that did not answer. A worker that is away is left out with a warning, and so is a control
 * plane unless something is to be done that takes all of etcd's members.
 */
export function unansweredFindings(
  file: Cluster,
  unanswered: readonly ErrorReport[],
  presence: ClusterPresence,
): readonly PreflightFinding[] {
  return unanswered.map((report): PreflightFinding => {
    const host = file.hosts.find(({ name }) => name === report.host)
    if (host === undefined || !isBystander(report, presence)) return { severity: 'error', ...report }
    const blocks = blockedBy(file, host.name, presence)
    const message = `it does not answer (${report.message}), and is left out`
    return blocks === undefined
      ? finding('warning', 'HOST_AWAY', host, message)
      : finding('error', 'HOST_AWAY', host, `it does not answer (${report.message}); ${blocks}`)
  })
}

/** What cannot be done while the host is away. */
function blockedBy(file: Cluster, name: string, presence: ClusterPresence): string | undefined {
  if (presence.kind !== 'read' || !etcdHosts(file).some((host) => host.name === name)) return undefined
  const joined = new Set(presence.standing.nodes.map((node) => node.name))
  const joining = etcdHosts(file).filter((host) => host.role === 'control-plane' && !joined.has(host.name))
  if (joining.length === 0) return undefined
  const names = joining.map((host) => host.name).join(', ')
  return `${names} cannot join before every member of etcd is well`
}
