/** Members of etcd that are not well and belong to no host of the cluster file: only a person knows what becomes of them. */
import { peerUrl } from '../etcd/urls.js'
import { etcdHosts, type Cluster } from '../model.js'
import { finding, listNames, type PreflightFinding } from '../preflight/finding.js'
import type { Standing, StandingMember } from '../standing.js'

/** Told, and an error where something joins, which waits for every member. */
export function lostMembers(file: Cluster, standing: Standing): readonly PreflightFinding[] {
  const hosts = etcdHosts(file)
  if (hosts.length === 0) return []
  const known = new Set(hosts.map(peerUrl))
  const joined = new Set(standing.nodes.map(({ name }) => name))
  const joining = hosts.filter((host) => host.role === 'control-plane' && !joined.has(host.name))
  return (standing.members ?? [])
    .filter(({ healthy, peerUrls }) => !healthy && !peerUrls.some((url) => known.has(url)))
    .map((member) => {
      const told = `etcd has the member ${title(member)}, which is not well and belongs to no host of the cluster file`
      const names = listNames(joining.map(({ name }) => name))
      return joining.length === 0
        ? finding('warning', 'ETCD_UNHEALTHY', undefined, told, hint(member))
        : finding(
            'error',
            'ETCD_UNHEALTHY',
            undefined,
            `${told}; ${names} cannot join meanwhile`,
            hint(member),
          )
    })
}

function title({ name, peerUrls }: StandingMember): string {
  return name === '' ? peerUrls.join(', ') : name
}

function hint(member: StandingMember): string {
  const node = member.name === '' ? '' : `, then \`kubectl delete node ${member.name}\``
  return (
    `bring it back; if it is gone for good, take it out: \`etcdctl member list\` and \`etcdctl member remove ID\` in the ` +
    `etcd container of a healthy member${node}`
  )
}
