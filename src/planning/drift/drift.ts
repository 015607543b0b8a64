/**
 * Compares the cluster file with the running cluster. What the cluster cannot change to stops an apply before anything
 * is changed. What an apply does not change is reported. Nothing is ignored silently.
 */
import type { ErrorCode } from '../../errors/index.js'
import type { ObservedHost } from '../../facts/facts.js'
import { formatEndpoint, type Cluster } from '../../cluster/model.js'
import { networkPlugin } from '../../configuration/pod-network/plugins.js'
import { hasJoined, finding, type PreflightFinding, type Severity } from '../../preflight/finding.js'
import { apiServerBindPort, isOwnApiServer } from '../../configuration/kubeadm/api-server.js'
import { runningPlugins, type ClusterPresence, type Standing } from '../../facts/standing.js'
import { parseChannel } from '../../cluster/versions.js'
import type { Difference } from './difference.js'
import { FIELD_RULES, type ChangedBy, type FieldRule } from './field-rules.js'
import { changedEtcdRole, compareHosts } from './hosts.js'
import { strangeMembers } from './members.js'
import { returnedMachines } from './returned.js'

/** How a field's difference is reported, depending on what changes the field. */
const TOLD: Readonly<Partial<Record<ChangedBy, { readonly severity: Severity; readonly code: ErrorCode }>>> =
  {
    never: { severity: 'error', code: 'FIELD_CANNOT_CHANGE' },
    upgrade: { severity: 'error', code: 'UPGRADE_NEEDED' },
    'not-yet': { severity: 'warning', code: 'CHANGE_NOT_APPLIED' },
  }

/**
 * Finds everything that differs and that an apply does not change.
 * @param file the cluster as in its file, with a channel such as `stable` resolved if possible.
 * @param channel the channel that the file names instead of a version.
 */
export function compareWithCluster(
  file: Cluster,
  observed: readonly ObservedHost[],
  presence: ClusterPresence,
  channel?: string,
): readonly PreflightFinding[] {
  const roles = observed.flatMap(changedEtcdRole)
  if (presence.kind === 'absent') return roles
  const byHosts = observed.flatMap((entry) => compareApi(file, entry))
  if (presence.kind === 'unreadable') return [...roles, ...byHosts, unreadable(file, presence)]
  const { standing } = presence
  const fields = FIELD_RULES.flatMap((rule) => compareField(rule, file, standing, channel))
  const isTold = fields.some(({ message }) => message.startsWith(ENDPOINT.replace('spec.', '')))
  return [
    ...fields,
    ...otherPodNetwork(file, observed, standing),
    ...(isTold ? [] : byHosts),
    ...roles,
    ...compareHosts({ file, observed, standing }),
    ...strangeMembers(file, standing),
    ...returnedMachines(observed, standing),
  ]
}

/** A plugin next to another pod network that exists would break the routes of that network's pods. */
function otherPodNetwork(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  standing: Standing,
): readonly PreflightFinding[] {
  const { plugin } = cluster.network
  const { cniConfigFile } = networkPlugin(cluster)
  if (cniConfigFile === undefined || runningPlugins(standing).includes(plugin)) return []
  const others = observed
    .filter(({ facts }) => hasJoined(facts))
    .map(({ facts }) => facts.details?.podNetworks ?? [])
    // A plugin whose DaemonSet was deleted leaves its CNI configuration behind. It is applied again.
    .filter((paths) => !paths.includes(cniConfigFile))
  const [found] = others.flat()
  if (found === undefined) return []
  const difference = { file: plugin, cluster: `another one (${found})` }
  return [
    finding('error', 'FIELD_CANNOT_CHANGE', undefined, wording({ path: 'spec.network.plugin' }, difference)),
  ]
}

const ENDPOINT = 'spec.kubernetes.controlPlaneEndpoint'

/** What the hosts themselves know of the API that they talk to, even when it does not answer. */
function compareApi(file: Cluster, { host, facts }: ObservedHost): readonly PreflightFinding[] {
  const endpoint = formatEndpoint(file.kubernetes.controlPlaneEndpoint)
  const { apiServer } = facts
  if (!hasJoined(facts) || facts.claimedBy !== file.name) return []
  const cannotChange = (path: string, difference: Difference) => [
    finding('error', 'FIELD_CANNOT_CHANGE', host, wording({ path }, difference)),
  ]
  if (apiServer !== undefined && !isOwnApiServer(file, apiServer, host)) {
    return cannotChange(ENDPOINT, { file: endpoint, cluster: apiServer })
  }
  const port =
    facts.apiServerPod?.port ?? facts.listeners.find(({ program }) => program === 'kube-apiserver')?.port
  if (port === undefined || port === apiServerBindPort(file)) return []
  return cannotChange('spec.kubernetes.kubeadm.initConfiguration.localAPIEndpoint.bindPort', {
    file: String(apiServerBindPort(file)),
    cluster: String(port),
  })
}

function unreadable(file: Cluster, { host, reason }: Extract<ClusterPresence, { kind: 'unreadable' }>) {
  const place = file.hosts.find(({ name }) => name === host)
  const message = `the API of the running cluster does not answer (${reason}): the file was not compared with it`
  return finding('warning', 'CLUSTER_UNREADABLE', place, message)
}

function compareField(
  rule: FieldRule,
  file: Cluster,
  standing: Standing,
  channel: string | undefined,
): readonly PreflightFinding[] {
  const left = rule.left?.(file, standing)
  const difference = left ?? rule.differs?.(file, standing)
  const told = TOLD[left === undefined ? rule.changedBy : 'not-yet']
  if (difference === undefined || told === undefined) return []
  if (rule.changedBy === 'upgrade' && channel !== undefined) return [behindChannel(channel, file, difference)]
  return [finding(told.severity, told.code, undefined, wording(rule, difference))]
}

/** A channel moves by itself: that is news, not a mistake in the file. */
function behindChannel(channel: string, file: Cluster, { cluster }: Difference): PreflightFinding {
  const { version } = file.kubernetes
  const at = parseChannel(version) === undefined ? ` is at ${version} now` : ' could not be resolved'
  const message = `the cluster runs ${cluster}, and ${channel}${at}; an apply keeps ${cluster}`
  const hint = 'run `quorate upgrade` to go there; set the running version to silence this'
  return finding('advice', 'UPGRADE_NEEDED', undefined, message, hint)
}

function wording({ path }: Pick<FieldRule, 'path'>, { file, cluster }: Difference): string {
  return `${path.replace(/^spec\./, '')} is ${cluster} in the running cluster, and ${file} in the file`
}
