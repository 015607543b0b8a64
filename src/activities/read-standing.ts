/** Reads the standing of a cluster from one of its control planes: its API, kubeadm's own record, and its etcd. */
import type { Pod } from 'kubernetes-types/core/v1.js'
import { parseConfigurationNote, type ConfigurationNote } from '../facts/configuration-note.js'
import { parseEncryptionNote, type EncryptionNote } from '../facts/encryption-note.js'
import { parseNote } from '../planning/changes/node-marks.js'
import { KEPT_CONFIGURATION, parseClusterConfiguration, parseDocument } from '../facts/kept-configuration.js'
import { unrecordedArguments } from '../facts/unrecorded-arguments.js'
import { defined } from '../values/defined.js'
import type { PlainObject } from '../values/merge.js'
import { etcdPlace } from '../cluster/model.js'
import { runningNetworkPlugins } from '../hosts/pod-network/pods.js'
import {
  MARKS_ANNOTATIONS,
  type ClusterPresence,
  type StandingComponent,
  type StandingConfiguration,
  type StandingNode,
} from '../facts/standing.js'
import type { QuorumMember } from '../facts/quorum.js'
import { isQuorateError } from '../errors/index.js'
import { dnsPod, listDnsPods } from './spread-cluster-dns.js'
import { answeringMember } from '../hosts/etcd/health.js'
import { judgedMembers } from '../hosts/etcd/members.js'
import type { Stored } from '../hosts/kubernetes/api/resources.js'
import { localApi, type ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import { isCordonedByUs } from '../hosts/kubernetes/cordon.js'
import { hasCondition, isMarked, listNodes, type KubernetesNode } from '../hosts/kubernetes/nodes.js'
import { recorded } from '../hosts/kubernetes/own-record.js'
import { removedMachines } from '../hosts/kubernetes/removed-machines.js'
import { caHashOf } from '../hosts/system/pki.js'
import { podNetworkStanding } from './apply-pod-network.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'

/** How long to wait for an API server that is just starting, in milliseconds. */
const API_PATIENCE_MS = 10_000

/**
 * The cluster's standing, as this control plane reports it.
 * @throws QuorateError of the SSH_ family.
 */
export async function readStanding(context: HostContext): Promise<ClusterPresence> {
  const api = localApi(context.cluster, context.session)
  let kept: KeptConfiguration | undefined
  try {
    kept = await readConfiguration(context, api)
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'API_UNREACHABLE') throw error
    return { kind: 'unreadable', host: context.host.name, reason: error.message }
  }
  // An init that was cut off before it stored its configuration has not made a cluster yet.
  if (kept === undefined) return { kind: 'absent' }
  const [nodes, components, networkPlugins, podNetwork, dnsPods, members, removed, caHash] =
    await Promise.all([
      listNodes(api),
      api.core.pods.in('kube-system').list({ labels: 'tier=control-plane' }),
      runningNetworkPlugins(api),
      podNetworkStanding(context),
      listDnsPods(api),
      readMembers(context),
      removedMachines(api),
      caHashOf(context.session),
    ])
  return {
    kind: 'read',
    standing: {
      configuration: kept.cluster,
      ...defined({ kubeletConfiguration: kept.kubelet, kubeProxyConfiguration: kept.kubeProxy }),
      ...defined({ configurationNote: kept.note, encryptionNote: kept.encryption }),
      // For a run that goes on in a worker before 0.2.
      runsFlannel: networkPlugins.includes('flannel'),
      networkPlugins,
      ...defined({ podNetwork }),
      clusterDns: dnsPods.map(dnsPod),
      nodes: nodes.map(standingNode),
      components: components.map((pod) => standingComponent(pod, kept.cluster.document)),
      ...defined({ members }),
      ...(removed.length === 0 ? {} : { removed }),
      caHash,
    },
  }
}

/** The ConfigMaps in which kubeadm keeps the configuration of a cluster. */
interface KeptConfiguration {
  readonly cluster: StandingConfiguration
  readonly kubelet?: PlainObject
  readonly kubeProxy?: PlainObject
  readonly note?: ConfigurationNote
  readonly encryption?: EncryptionNote
}

/**
 * Undefined if the API does not serve a cluster made by kubeadm.
 * @throws QuorateError `API_UNREACHABLE` when it does not answer.
 */
async function readConfiguration(
  context: HostContext,
  api: ClusterApi,
): Promise<KeptConfiguration | undefined> {
  const { namespace, cluster, kubelet, kubeProxy } = KEPT_CONFIGURATION
  const texts = new Map<string, string>()
  let note: string | undefined
  let encryption: string | undefined
  await waitUntil(
    context,
    async () => {
      for (const { name, key } of [cluster, kubelet, kubeProxy]) {
        const found = await api.core.configMaps.in(namespace).find(name)
        texts.set(name, found?.data?.[key] ?? '')
      }
      note = await recorded(api, 'configuration')
      encryption = await recorded(api, 'encryption')
      return undefined
    },
    (reason) => context.error('API_UNREACHABLE', reason, { step: 'standing' }),
    { timeoutMs: API_PATIENCE_MS },
  )
  const textOf = ({ name }: { readonly name: string }) => texts.get(name) ?? ''
  const configuration = parseClusterConfiguration(textOf(cluster))
  if (configuration === undefined) return undefined
  return {
    cluster: configuration,
    ...defined({ kubelet: parseDocument(textOf(kubelet)), kubeProxy: parseDocument(textOf(kubeProxy)) }),
    ...defined({ note: parseConfigurationNote(note), encryption: parseEncryptionNote(encryption) }),
  }
}

/** If no member answers, the standing goes without members; whatever needs them reports the reason. */
async function readMembers(context: HostContext): Promise<readonly QuorumMember[] | undefined> {
  const place = etcdPlace(context.cluster)
  if (place === 'elsewhere') return undefined
  try {
    const asked = place === 'control-planes' ? context.session : await answeringMember(context)
    const members = await judgedMembers(asked)
    return members.map(({ name, peerUrls, learner, healthy }) => ({ name, peerUrls, learner, healthy }))
  } catch (error) {
    if (isQuorateError(error) && error.code === 'ETCD_UNREACHABLE') return undefined
    throw error
  }
}

function standingNode(node: KubernetesNode): StandingNode {
  const { name, labels = {}, annotations = {} } = node.metadata
  const internalAddress = node.status.addresses?.find(({ type }) => type === 'InternalIP')?.address
  return {
    name,
    machineId: node.status.nodeInfo.machineID ?? '',
    role: isMarked(node) ? 'control-plane' : 'worker',
    ...defined({ internalAddress }),
    version: node.status.nodeInfo.kubeletVersion,
    ready: hasCondition(node.status.conditions, 'Ready'),
    schedulable: node.spec?.unschedulable !== true,
    ...(isCordonedByUs(node) ? { cordonedByUs: true as const } : {}),
    labels,
    taints: (node.spec?.taints ?? []).map(({ key, value, effect }) => ({
      key,
      ...defined({ value }),
      effect,
    })),
    managed: {
      labels: parseNote(annotations[MARKS_ANNOTATIONS.labels]),
      taints: parseNote(annotations[MARKS_ANNOTATIONS.taints]),
    },
  }
}

function standingComponent({ metadata, spec }: Stored<Pod>, document: PlainObject): StandingComponent {
  const component = metadata.labels?.['component'] ?? ''
  const { command = [], args = [] } = spec?.containers[0] ?? {}
  const unrecorded = unrecordedArguments(component, [...command, ...args], document)
  return {
    host: spec?.nodeName ?? '',
    component,
    version: spec?.containers[0]?.image?.split(':').at(-1) ?? '',
    ...(unrecorded.length === 0 ? {} : { unrecorded }),
  }
}
