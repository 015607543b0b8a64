/** How the hosts of the cluster file differ from the nodes of the running cluster. */
import { hasPath, type HostFacts, type ObservedHost } from '../../facts/facts.js'
import { ETCD_KUBELET_UNIT } from '../../configuration/etcd/kubelet.js'
import type { Cluster, Host } from '../../cluster/model.js'
import { finding, listNames, type PreflightFinding } from '../../preflight/finding.js'
import { parseIpAddress } from '../../values/ip-address.js'
import { nodesOfMachine, type Standing, type StandingNode } from '../../facts/standing.js'
import { ownKubeletConfiguration } from './kubeadm-patches.js'
import { isReturned } from './returned.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

interface Compared {
  readonly file: Cluster
  readonly observed: readonly ObservedHost[]
  readonly standing: Standing
}

/** Finds everything that differs between the hosts of the file and the nodes of the cluster. */
export function compareHosts(compared: Compared): readonly PreflightFinding[] {
  const { file, observed, standing } = compared
  const renamed = observed.flatMap((entry) => renamedHost(entry, standing))
  return [
    ...renamed.map(({ finding: found }) => found),
    ...file.hosts.flatMap((host) => [
      ...changedRole(host, compared),
      ...changedAddress(host, compared),
      ...cordoned(host, standing),
      ...notReady(host, compared),
    ]),
    ...nodesNotInFile(compared, new Set(renamed.map(({ node }) => node))),
    ...versionSkew(compared),
    ...unfinishedUpgrade(compared),
    ...observed.flatMap((entry) => ownKubelet(entry, standing)),
  ]
}

/** The cluster's node with the host's name. */
function nodeOf(standing: Standing, host: Host): StandingNode | undefined {
  return standing.nodes.find(({ name }) => name === host.name)
}

/** Finds a machine that is part of the cluster under a name other than the one in the file. */
function renamedHost(
  { host, facts }: ObservedHost,
  standing: Standing,
): readonly { readonly finding: PreflightFinding; readonly node: string }[] {
  if (!hasPath(facts, HOST_PATHS.kubeletConf)) return []
  // Cloned machines share their ID, which is reported elsewhere. A node with the host's own name takes precedence.
  const nodes = nodesOfMachine(standing, facts.machineId)
  const node = nodes[0]
  if (node === undefined || nodes.some(({ name }) => name === host.name)) return []
  const message = `the machine at ${host.address} is the node ${node.name} of the cluster, not ${host.name}`
  return [{ finding: finding('error', 'HOST_RENAMED', host, message), node: node.name }]
}

function changedRole(host: Host, { observed, standing }: Compared): readonly PreflightFinding[] {
  const node = nodeOf(standing, host)
  const facts = observed.find((entry) => entry.host.name === host.name)?.facts
  if (node === undefined || host.role === node.role) return []
  // A control plane that is still joining is not marked as one yet. Its keys distinguish it from a worker.
  if (host.role === 'control-plane' && facts !== undefined && isJoiningControlPlane(facts)) return []
  if (facts !== undefined && !hasPath(facts, HOST_PATHS.kubeletConf)) return []
  const message = `it is a ${node.role} of the running cluster, and the file says ${host.role}`
  return [finding('error', 'ROLE_CHANGED', host, message)]
}

/** A host that runs a member of an external etcd, whatever the API says: a join would wipe the member. */
export function changedEtcdRole({ host, facts }: ObservedHost): readonly PreflightFinding[] {
  const isMember = hasPath(facts, ETCD_KUBELET_UNIT) && hasPath(facts, HOST_PATHS.etcdMember)
  if (!isMember || host.role === 'etcd') return []
  const message = `it carries a member of etcd, and the file says ${host.role}`
  return [finding('error', 'ROLE_CHANGED', host, message)]
}

/** Whether a control plane join was started: a worker never has the CA's key or a manifest. */
function isJoiningControlPlane(facts: HostFacts): boolean {
  return (
    hasPath(facts, HOST_PATHS.caKey) ||
    hasPath(facts, HOST_PATHS.apiServerManifest) ||
    hasPath(facts, HOST_PATHS.etcdManifest)
  )
}

function changedAddress(host: Host, { observed, standing }: Compared): readonly PreflightFinding[] {
  const node = nodeOf(standing, host)
  const entry = observed.find(({ host: { name } }) => name === host.name)
  const wanted = parseIpAddress(host.internalAddress)
  const present = parseIpAddress(node?.internalAddress ?? '')
  if (wanted === undefined || present === undefined || wanted.value === present.value) return []
  // A machine that replaces the node's has its own address, and joins with that.
  if (node === undefined || entry === undefined || entry.facts.machineId !== node.machineId) return []
  const message = `its node has the internal address ${node.internalAddress ?? ''}, and the file says ${host.internalAddress}`
  return [finding('error', 'ADDRESS_CHANGED', host, message)]
}

function cordoned(host: Host, standing: Standing): readonly PreflightFinding[] {
  if (nodeOf(standing, host)?.schedulable !== false) return []
  return [finding('warning', 'NODE_CORDONED', host, 'its node is cordoned: it takes no new pods')]
}

/** A node that is not Ready although its host answers. A node that is still joining cannot be Ready yet. */
function notReady(host: Host, { observed, standing }: Compared): readonly PreflightFinding[] {
  const node = nodeOf(standing, host)
  if (node === undefined || node.ready || node.role !== host.role) return []
  if (!observed.some((entry) => entry.host.name === host.name)) return []
  return [finding('warning', 'NODE_NOT_READY', host, 'its node is not Ready')]
}

/** A kubelet whose configuration was changed on its host alone. */
function ownKubelet({ host, facts }: ObservedHost, standing: Standing): readonly PreflightFinding[] {
  const document = facts.configuration?.kubeletDocument
  if (document === undefined || nodeOf(standing, host) === undefined) return []
  const difference = ownKubeletConfiguration(document, standing)
  if (difference === undefined) return []
  const message = `its kubelet has ${difference.file}, and the cluster's configuration for kubelets ${difference.cluster}`
  return [finding('warning', 'KUBELET_CONFIG_DIFFERS', host, message)]
}

function nodesNotInFile(
  { file, standing }: Compared,
  renamed: ReadonlySet<string>,
): readonly PreflightFinding[] {
  const names = new Set(file.hosts.map(({ name }) => name))
  return standing.nodes
    .filter((node) => !names.has(node.name) && !renamed.has(node.name) && !isReturned(standing, node))
    .map(({ name, role }) =>
      finding(
        'warning',
        'NODE_NOT_IN_FILE',
        undefined,
        `the ${role} ${name} is in the cluster and not in the file`,
      ),
    )
}

/** Kubelets whose version differs from the one in the cluster's own record. They may be older for a long time. */
function versionSkew({ standing }: Compared): readonly PreflightFinding[] {
  const { version } = standing.configuration
  const kubelets = standing.nodes.map((node) => ({
    version: node.version,
    what: `the kubelet of ${node.name}`,
  }))
  return others(version, kubelets).map(([found, what]) =>
    finding(
      'warning',
      'VERSION_SKEW',
      undefined,
      `the cluster is ${version}, and ${found} runs as ${listNames(what)}`,
    ),
  )
}

/** API servers of two versions: nothing joins such a cluster, or restarts one of its control planes, before the upgrade has ended. */
function unfinishedUpgrade({ standing }: Compared): readonly PreflightFinding[] {
  const { version } = standing.configuration
  const servers = standing.components
    .filter(({ component }) => component === 'kube-apiserver')
    .map((pod) => ({ version: pod.version, what: `the API server of ${pod.host}` }))
  return others(version, servers).map(([found, what]) =>
    finding(
      'error',
      'UPGRADE_UNFINISHED',
      undefined,
      `the cluster is ${version}, and ${found} runs as ${listNames(what)}`,
    ),
  )
}

/** What runs in versions other than this one, by version. */
function others(
  version: string,
  found: readonly { readonly version: string; readonly what: string }[],
): readonly (readonly [string, readonly string[]])[] {
  const byVersion = new Map<string, string[]>()
  for (const one of found) {
    if (one.version !== version) byVersion.set(one.version, [...(byVersion.get(one.version) ?? []), one.what])
  }
  return [...byVersion]
}
