/** What the operator is told before a reboot: what is unavailable meanwhile, and which hosts are left out. */
import { balancerHosts } from '../../cluster/balancer-hosts.js'
import { etcdHosts, etcdPlace, hostsWithRole, type Cluster } from '../../cluster/model.js'
import { isAway } from '../drift/away.js'
import type { RebootingHost } from './rebooting-host.js'
import type { RebootSituation } from './refusals.js'

/** With fewer voters, none can be away without an outage. */
const VOTERS_THAT_SPARE_ONE = 3

/** Which hosts are left out, and when. */
export function rebootWarnings(situation: RebootSituation): readonly string[] {
  const { request, learnt, file, order } = situation
  const away = learnt.unanswered.filter(isAway).map(({ host = '', message }) => {
    return `${host} does not answer (${message}), and is left out`
  })
  const isPart = (name: string) =>
    order.some(({ host }) => host.name === name) || learnt.unanswered.some(({ host }) => host === name)
  const strangers = file.hosts
    .filter(({ name }) => learnt.presence.kind === 'read' && request.hosts.length === 0 && !isPart(name))
    .map(({ name }) => `${name} is not part of the cluster, and is left out`)
  const windows =
    request.windows.length === 0
      ? []
      : [`no host is begun outside of its window: ${request.windows.join(', ')}`]
  return [...away, ...strangers, ...windows]
}

/** What does not answer while these hosts reboot. */
export function rebootOutages(cluster: Cluster, rebooting: readonly RebootingHost[]): readonly string[] {
  const rebooted = (name: string) => rebooting.some(({ host }) => host.name === name)
  const members = etcdHosts(cluster)
  const [alone, ...others] = hostsWithRole(cluster, 'control-plane')
  const balancers = balancerHosts(cluster)
  const isEtcdAway =
    etcdPlace(cluster) !== 'elsewhere' &&
    members.length < VOTERS_THAT_SPARE_ONE &&
    members.some(({ name }) => rebooted(name))
  const isApiAway = alone !== undefined && others.length === 0 && rebooted(alone.name)
  const isEndpointAway = balancers.length === 1 && balancers.some(({ name }) => rebooted(name))
  return [
    ...(isEtcdAway
      ? ['etcd answers nobody while a host of its members reboots: it has too few to spare one']
      : []),
    ...(isApiAway
      ? [`the API does not answer while ${alone.name} reboots: it is the only control plane`]
      : []),
    ...(isEndpointAway
      ? ['the control plane endpoint does not answer while the only load balancer reboots']
      : []),
  ]
}
