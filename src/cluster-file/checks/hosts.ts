/** Checks the hosts against each other: names, addresses, and how many have each role. */
import { addressKey, parseIpAddress } from '../../values/ip-address.js'
import { FORMATS } from '../formats.js'
import { textAt, type Outline, type OutlineHost } from '../lenient.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem, repetitions, warning } from './finding.js'

const ROLES: readonly (string | undefined)[] = ['control-plane', 'worker', 'etcd', 'load-balancer']

/**
 * @param connectsTo maps an address in the file, which may be a name from the ssh configuration, to what is connected
 * to.
 */
export function checkHosts(file: Outline, connectsTo: (address: string) => string): readonly Finding[] {
  return [
    ...duplicates(file.hosts),
    ...sharedInternalAddresses(file.hosts),
    ...file.hosts.flatMap((host) => advertisesAddress(host, connectsTo)),
    ...roleCounts(file),
  ]
}

/** The path of a host's field. */
export function hostPath(host: OutlineHost, ...fields: readonly string[]): FieldPath {
  return ['spec', 'hosts', host.index, ...fields]
}

/** Whether the host has a known role. The schema reports any other. */
export function hasKnownRole({ role }: OutlineHost): boolean {
  return ROLES.includes(role)
}

/** The address that the cluster's components use for the host: `internalAddress`, or else `address`. */
export function internalAddressOf(host: OutlineHost): string | undefined {
  return host.internalAddress ?? host.address
}

function duplicates(hosts: readonly OutlineHost[]): readonly Finding[] {
  return [
    ...repetitions(hosts, ({ name }) => name).map(({ item, earlier }) =>
      problem(
        hostPath(item, 'name'),
        `the name ${show(item.name)} is taken by ${refer(earlier)}`,
        'give each host a name of its own',
      ),
    ),
    ...repetitions(hosts, ({ address, sshPort }) => address && `${addressKey(address)} ${sshPort}`).map(
      ({ item, earlier }) =>
        problem(
          hostPath(item, 'address'),
          `the address ${show(item.address)} with port ${item.sshPort} is taken by ${refer(earlier)}`,
          'give each host an address of its own',
        ),
    ),
  ]
}

// It is possible to log in to several hosts behind one forwarding address, but they cannot be nodes of one cluster.
function sharedInternalAddresses(hosts: readonly OutlineHost[]): readonly Finding[] {
  const nodes = hosts.filter((host) => hasKnownRole(host) && host.role !== 'load-balancer')
  const key = (address: string | undefined) => address && addressKey(address)
  return repetitions(nodes, (host) => key(internalAddressOf(host)))
    .filter(
      ({ item, earlier }) => key(item.address) !== key(earlier.address) || item.sshPort !== earlier.sshPort,
    )
    .map(({ item, earlier }) =>
      problem(
        hostPath(item, item.internalAddress === undefined ? 'address' : 'internalAddress'),
        `${show(internalAddressOf(item))} is the internal address of ${refer(earlier)} too`,
        'give each node its own internalAddress, which the others can reach',
      ),
    )
}

const ADVERTISING: Readonly<Record<string, string>> = {
  'control-plane': 'a control plane',
  etcd: 'an etcd member',
}

// etcd's peers and the API server's advertised address cannot be names.
function advertisesAddress(host: OutlineHost, connectsTo: (address: string) => string): readonly Finding[] {
  const subject = ADVERTISING[host.role ?? '']
  if (subject === undefined || host.address === undefined || host.internalAddress !== undefined) return []
  if ([host.address, connectsTo(host.address)].some((address) => parseIpAddress(address))) return []
  // A value that is neither an address nor a name is reported elsewhere.
  if (!FORMATS.address.test(host.address)) return []
  return [
    problem(
      hostPath(host, 'internalAddress'),
      `required, because the address ${show(host.address)} is a name`,
      `${subject} advertises an IP address; give it here`,
    ),
  ]
}

function roleCounts({ hosts, etcd }: Outline): readonly Finding[] {
  const path = ['spec', 'hosts']
  // If any role is unknown, hosts cannot be counted by role.
  if (hosts.length === 0 || !hosts.every(hasKnownRole)) return []
  const controlPlanes = hosts.filter(({ role }) => role === 'control-plane').length
  const carriesEtcd = textAt(etcd, 'topology') !== 'external'
  const workers = hosts.filter(({ role }) => role === 'worker').length
  return [
    ...(controlPlanes === 0
      ? [
          problem(
            path,
            'no host has the role control-plane',
            'give it to three hosts, or to one to try things out',
          ),
        ]
      : []),
    ...(controlPlanes === 1
      ? [warning(path, 'one control plane is not highly available', 'give the role to three hosts')]
      : []),
    ...(controlPlanes > 0 && controlPlanes % 2 === 0 && carriesEtcd ? [evenNumber(controlPlanes)] : []),
    ...(workers === 0
      ? [
          warning(
            path,
            'no host has the role worker',
            "add one, or set taints: [] on control planes that should run the cluster's workloads",
          ),
        ]
      : []),
  ]
}

function evenNumber(count: number): Finding {
  const survives = count / 2 - 1
  return warning(
    ['spec', 'hosts'],
    `${count} control planes survive the loss of ${survives === 0 ? 'none' : survives}, as ${count - 1} do`,
    `use ${count - 1} or ${count + 1}: etcd needs more than half of its members`,
  )
}

function refer({ index, name }: OutlineHost): string {
  return `spec.hosts[${index}]${name === undefined ? '' : ` (${name})`}`
}
