/** Members of etcd that belong to no host of the cluster file: only a person can decide about them. */
import { peerUrl } from '../../configuration/etcd/urls.js'
import { etcdHosts, type Cluster } from '../../cluster/model.js'
import { finding, listNames, type PreflightFinding } from '../../preflight/finding.js'
import type { QuorumMember } from '../../facts/quorum.js'
import type { Standing } from '../../facts/standing.js'

/**
 * A member that belongs to no host and no node is an error: etcd would never match the file, and verification would
 * never finish. A member of a node that is not in the file stays. It is reported if it is unhealthy, because then
 * nothing can join.
 */
export function strangeMembers(file: Cluster, standing: Standing): readonly PreflightFinding[] {
  const hosts = etcdHosts(file)
  if (hosts.length === 0) return []
  const ours = new Set(hosts.map(peerUrl))
  const ofNodes = new Set(
    standing.nodes.flatMap(({ internalAddress }) =>
      internalAddress === undefined ? [] : peerUrl({ internalAddress }),
    ),
  )
  return (standing.members ?? [])
    .filter(({ peerUrls }) => !peerUrls.some((url) => ours.has(url)))
    .flatMap((member) =>
      member.peerUrls.some((url) => ofNodes.has(url))
        ? memberOfNode(file, standing, member)
        : finding('error', 'NODE_NOT_IN_FILE', undefined, belongsNowhere(member), takeOut(member)),
    )
}

function belongsNowhere(member: QuorumMember): string {
  const state = member.healthy ? '' : ', which is not healthy'
  return `etcd has the member ${title(member)}${state}, and it belongs to no host of the cluster file`
}

function memberOfNode(file: Cluster, standing: Standing, member: QuorumMember): readonly PreflightFinding[] {
  if (member.healthy) return []
  const told = belongsNowhere(member)
  const joined = new Set(standing.nodes.map(({ name }) => name))
  const joining = etcdHosts(file).filter(({ role, name }) => role === 'control-plane' && !joined.has(name))
  if (joining.length === 0) return [finding('warning', 'ETCD_UNHEALTHY', undefined, told, takeOut(member))]
  const message = `${told}; ${listNames(joining.map(({ name }) => name))} cannot join until it is healthy or removed`
  return [finding('error', 'ETCD_UNHEALTHY', undefined, message, takeOut(member))]
}

function title({ name, peerUrls }: QuorumMember): string {
  return name === '' ? peerUrls.join(', ') : `${name} at ${peerUrls.join(', ')}`
}

function takeOut({ name }: QuorumMember): string {
  const node = name === '' ? '' : `, then \`kubectl delete node ${name}\` if it is still there`
  return (
    'put its host back into the cluster file; if it is gone for good, remove it while a majority is healthy without it: ' +
    `\`etcdctl member list\` and \`etcdctl member remove ID\` in the etcd container of a healthy member${node}`
  )
}
