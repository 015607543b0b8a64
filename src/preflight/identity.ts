/** Checks that every host is a separate machine, the one that the file means, and not part of another cluster. */
import type { HostFacts, ObservedHost } from '../facts/facts.js'
import { parseIpAddress } from '../values/ip-address.js'
import type { Host } from '../cluster/model.js'
import { isOwnApiServer } from '../configuration/kubeadm/api-server.js'
import type { ErrorCode } from '../errors/index.js'
import { finding, hasJoined, perHost, runsKubelet, type Check, type PreflightFinding } from './finding.js'

const NEW_MACHINE_ID =
  'correct the address; on a cloned machine: `rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup && reboot`'

/** Two names in the file that lead to one machine, or a clone that has the identity of its template. */
export const machineIds: Check = ({ observed }) =>
  twins(observed, (facts) => facts.machineId).map(({ entry, twin }) => {
    const message = `same machine as ${twin.host.name} (machine-id ${entry.facts.machineId})`
    return finding('error', 'SAME_MACHINE_TWICE', entry.host, message, NEW_MACHINE_ID)
  })

/** The other identifiers of a machine. A clone may share them and still be a separate machine. */
export const otherIds: Check = ({ observed }) => {
  const distinct = (read: (facts: HostFacts) => string | undefined, code: ErrorCode, what: string) =>
    twins(observed, read).map(({ entry, twin, value }): PreflightFinding => {
      const message = `${what} ${value} is that of ${twin.host.name}, too`
      return finding('warning', code, entry.host, message)
    })
  return [
    ...distinct((facts) => facts.details?.productUuid, 'DUPLICATE_PRODUCT_UUID', 'the product UUID'),
    ...distinct((facts) => facts.hostname, 'DUPLICATE_HOSTNAME', 'the hostname'),
    ...macTwins(observed),
  ]
}

/** Of the interface that the cluster's components use. Other interfaces may well have the same one everywhere. */
function macTwins(observed: readonly ObservedHost[]): readonly PreflightFinding[] {
  const macs = new Map(
    observed.map(({ host, facts }) => [
      host.name,
      facts.details?.addresses.find(({ address }) => address.split('/')[0] === host.internalAddress)?.mac,
    ]),
  )
  return twins(observed, (facts) => macs.get(facts.host)).map(({ entry, twin, value }) => {
    const message = `the MAC address ${value} of ${entry.host.internalAddress} is that of ${twin.host.name}, too`
    return finding('warning', 'DUPLICATE_MAC_ADDRESS', entry.host, message)
  })
}

interface Twins {
  readonly entry: ObservedHost
  readonly twin: ObservedHost
  readonly value: string
}

/** Hosts that have the same value as an earlier host. A missing value never counts. */
function twins(
  observed: readonly ObservedHost[],
  read: (facts: HostFacts) => string | undefined,
): readonly Twins[] {
  return observed.flatMap((entry, index) => {
    const value = read(entry.facts)
    const twin = observed.slice(0, index).find((other) => read(other.facts) === value)
    return twin === undefined || value === undefined || value === '' ? [] : [{ entry, twin, value }]
  })
}

/**
 * kubelet, the API server and etcd bind to this address. An address that only a router in front has is no use to them.
 */
export const ownAddress: Check = perHost(({ host, facts }) => {
  const { details } = facts
  const wanted = parseIpAddress(host.internalAddress)
  if (details === undefined || wanted === undefined || !runsKubelet(host) || hasJoined(facts)) return []
  const own = details.addresses.map(({ address }) => address.split('/')[0] ?? '')
  if (own.some((address) => parseIpAddress(address)?.value === wanted.value)) return []
  const message = `no interface has the internal address ${host.internalAddress}; the host has ${own.join(', ') || 'none'}`
  return [finding('error', 'ADDRESS_NOT_ON_HOST', host, message)]
})

/** The identity guard: the host is claimed by another name, talks to another endpoint, or has another CA. */
export const foreignCluster: Check = ({ cluster, observed, first }) => {
  const ourHash = observed.find(({ host }) => host.name === first.name)?.facts.caHash
  const isOurs = (apiServer: string, host: Host) =>
    isOwnApiServer(cluster, apiServer, host.role === 'control-plane' ? host : undefined)
  return observed.flatMap(({ host, facts }) => {
    const foreign = (message: string) => [finding('error', 'FOREIGN_CLUSTER', host, message)]
    if (facts.claimedBy !== undefined && facts.claimedBy !== cluster.name) {
      return foreign(`the host is claimed by the cluster ${facts.claimedBy}`)
    }
    if (facts.claimedBy === undefined && facts.apiServer !== undefined && !isOurs(facts.apiServer, host)) {
      return foreign(`the host belongs to the cluster at ${facts.apiServer}`)
    }
    if (facts.caHash !== undefined && ourHash === undefined) {
      // An init there would make a second cluster, and this host would have to forget the one that it knows.
      return foreign(
        `the host belongs to a cluster that ${first.name}, which would be initialised, does not know`,
      )
    }
    if (facts.caHash !== undefined && ourHash !== undefined && facts.caHash !== ourHash) {
      return foreign(`the host has another cluster CA (${facts.caHash.slice(0, 23)}…) than ${first.name}`)
    }
    return []
  })
}
