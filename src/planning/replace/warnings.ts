/** What an exchange costs, and what is left to the operator: said before it begins. */
import { virtualAddressOf } from '../../cluster/balancer-hosts.js'
import { formatEndpoint, type Cluster, type Host } from '../../cluster/model.js'
import { parseIpAddress } from '../../values/ip-address.js'
import { bearing, departures } from '../remove/refusals.js'
import { noWorker, type RemovalWarnings } from '../remove/warnings.js'
import type { OldMachine } from './old-machine.js'

/** What the removal of the old machine costs until the new one has joined. */
export const exchangeWarnings: RemovalWarnings = (removal, keeper) => {
  const last = departures(removal).at(-1)
  return [
    ...(last === undefined
      ? []
      : [
          `until ${last.one.host.name} has joined again, ${bearing(last)}; do nothing else to the others meanwhile`,
        ]),
    ...noWorker(removal, keeper),
  ]
}

/** What only the operator knows or can do. */
export function operatorWarnings(
  file: Cluster,
  host: Host,
  { state, unanswered, host: old }: OldMachine,
  isDead: boolean,
): readonly string[] {
  const isElsewhere = old.address !== host.address || old.internalAddress !== host.internalAddress
  return [
    ...(state === 'silent' && isDead
      ? [
          `the old machine of ${host.name} is taken for dead: it is not reset, and if it comes back it is refused until it is`,
        ]
      : []),
    ...(state === 'silent' && unanswered?.code === 'SSH_HOST_KEY_CHANGED'
      ? [
          `another SSH host key is shown at ${host.address}, so the old machine of ${host.name} is taken for gone; before the new one joins, its key must be known`,
        ]
      : []),
    ...(state === 'none' || file.loadBalancer.type === 'haproxy' || host.role !== 'control-plane'
      ? []
      : [
          `the load balancer is yours: take ${host.name} out of its backends before you approve, and put it back once it has joined`,
        ]),
    ...(isElsewhere && isNamedEndpoint(file) && host.role === 'load-balancer'
      ? [
          `put ${host.internalAddress} in the place of ${old.internalAddress} in the DNS entry of ${formatEndpoint(file.kubernetes.controlPlaneEndpoint)}`,
        ]
      : []),
  ]
}

/** Whether the endpoint is a name whose DNS entry has the addresses of balancers. */
function isNamedEndpoint(file: Cluster): boolean {
  const { controlPlaneEndpoint } = file.kubernetes
  return parseIpAddress(controlPlaneEndpoint.host) === undefined && virtualAddressOf(file) === undefined
}
