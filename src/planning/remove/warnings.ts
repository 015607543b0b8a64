/** What a removal costs, and what is left to the operator: said before it begins. */
import { balancerHosts, virtualAddressOf } from '../../cluster/balancer-hosts.js'
import { etcdPlace, formatEndpoint, type Host } from '../../cluster/model.js'
import { issuerOf } from '../../facts/etcd-renewal.js'
import { observedHosts } from '../plan.js'
import { parseIpAddress } from '../../values/ip-address.js'
import { bearing, departures, type Removal } from './refusals.js'

/** One line each; `keeper`: the etcd host that gets the key of etcd's CA from one that leaves. */
export type RemovalWarnings = (removal: Removal, keeper: Host | undefined) => readonly string[]

/** Everything that a removal costs. */
export const removalWarnings: RemovalWarnings = (removal, keeper) =>
  [cost, noWorker, comesBack, ownBalancer, dnsName, authority].flatMap((warnings) =>
    warnings(removal, keeper),
  )

/** What etcd can bear when all have left. */
const cost: RemovalWarnings = (removal) => {
  const last = departures(removal).at(-1)
  const said = last === undefined ? '' : bearing(last)
  return said === '' || /; [1-9]/.test(said) ? [] : [`afterwards ${said}`]
}

/** Evicted pods need another node. */
export const noWorker: RemovalWarnings = ({ leaving, standing }) => {
  const isLeaving = (name: string) => leaving.some(({ host }) => host.name === name)
  const leavingWorkers = standing.nodes.filter(({ role, name }) => role === 'worker' && isLeaving(name))
  const takers = standing.nodes.filter(
    ({ name, schedulable, ready, taints }) =>
      !isLeaving(name) && schedulable && ready && taints.every(({ effect }) => effect === 'PreferNoSchedule'),
  )
  if (leavingWorkers.length === 0 || takers.length > 0) return []
  return ['no node that takes pods would be left: what is evicted stays pending']
}

const comesBack: RemovalWarnings = ({ leaving }) =>
  leaving
    .filter(({ isDead }) => isDead)
    .map(
      ({ host }) =>
        `${host.name} is taken for dead: it is not reset, and if it comes back it is refused until it is`,
    )

const ownBalancer: RemovalWarnings = ({ file, leaving }) => {
  if (file.loadBalancer.type === 'haproxy') return []
  const names = leaving.filter(({ host }) => host.role === 'control-plane').map(({ host }) => host.name)
  if (names.length === 0) return []
  return [`the load balancer is yours: take ${names.join(', ')} out of its backends before you approve`]
}

const dnsName: RemovalWarnings = ({ file, leaving }) => {
  const { controlPlaneEndpoint } = file.kubernetes
  const isName = parseIpAddress(controlPlaneEndpoint.host) === undefined
  if (!isName || virtualAddressOf(file) !== undefined) return []
  return leaving
    .filter(({ host }) => balancerHosts(file).some(({ name }) => name === host.name))
    .map(
      ({ host }) =>
        `take ${host.internalAddress} out of the DNS entry of ${formatEndpoint(controlPlaneEndpoint)} before you approve, and wait until it has expired everywhere`,
    )
}

const authority: RemovalWarnings = ({ file, leaving, facts }, keeper) => {
  const isLeaving = leaving.some(({ host, isDead }) => host.role === 'etcd' && isDead)
  if (etcdPlace(file) !== 'etcd-hosts' || !isLeaving || keeper !== undefined) return []
  if (issuerOf(observedHosts(file, facts)) !== undefined) return []
  return [
    "the key of etcd's CA is lost with the dead host, if no copy of it is kept: no member can be added, and no certificate renewed, without it",
  ]
}
