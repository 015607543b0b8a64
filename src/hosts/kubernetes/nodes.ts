/** Nodes, as far as Quorate reads them, and what their conditions and labels mean. */
import { z } from 'zod'
import type { Taint } from '../../cluster/model.js'
import { checkShape } from '../json.js'
import type { ClusterApi } from './cluster-api.js'

/** A node, as far as Quorate reads it. */
export interface KubernetesNode {
  readonly metadata: {
    readonly name: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] }
  readonly status: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly nodeInfo: {
      readonly kubeletVersion: string
      readonly machineID?: string
      /** The boot in which its kubelet has started. */
      readonly bootID?: string
    }
    readonly conditions: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
    }[]
  }
}

const TEXTS = z.record(z.string(), z.string()).optional()
const NODE = z.looseObject({
  metadata: z.looseObject({ name: z.string(), labels: TEXTS, annotations: TEXTS }),
  status: z.looseObject({
    nodeInfo: z.looseObject({ kubeletVersion: z.string() }),
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
  }),
})

/** One node; undefined if there is none of that name. */
export async function findNode(api: ClusterApi, name: string): Promise<KubernetesNode | undefined> {
  const node = await api.core.nodes.find(name)
  return node && asNode(api, node)
}

/** All nodes. */
export async function listNodes(api: ClusterApi): Promise<readonly KubernetesNode[]> {
  return (await api.core.nodes.list()).map((node) => asNode(api, node))
}

/** Names of the nodes that are Ready. */
export async function readyNodeNames(api: ClusterApi): Promise<ReadonlySet<string>> {
  const ready = (await listNodes(api)).filter(({ status }) => hasCondition(status.conditions, 'Ready'))
  return new Set(ready.map(({ metadata }) => metadata.name))
}

function asNode({ session }: ClusterApi, node: unknown): KubernetesNode {
  return checkShape(session, node, NODE, 'the Kubernetes API') as unknown as KubernetesNode
}

/** Whether kubeadm's last phase, which marks a control plane's node, has finished. */
export function isMarked(node: KubernetesNode | undefined): boolean {
  return node?.metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined
}

/** Whether a Node's or Pod's condition of the given type is true. */
export function hasCondition(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}
