/** Checks labels and taints: only nodes have them, and some belong to the kubelet, kubeadm or the cluster itself. */
import { show, type Finding } from '../problem.js'
import type { Outline, OutlineHost } from '../lenient.js'
import { problem, repetitions } from './finding.js'
import { hostPath } from './hosts.js'

/** Labels that describe the host. Any other value would mislead schedulers and controllers. */
const OF_KUBELET: readonly string[] = [
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]
const OF_CONTROL_PLANES: readonly string[] = [
  'node-role.kubernetes.io/control-plane',
  'node-role.kubernetes.io/master',
]
/** Taints that the node lifecycle controller adds and removes. */
const OF_CLUSTER: readonly string[] = [
  'not-ready',
  'unreachable',
  'memory-pressure',
  'disk-pressure',
  'pid-pressure',
  'network-unavailable',
  'unschedulable',
].map((name) => `node.kubernetes.io/${name}`)

const NOT_NODES: Readonly<Record<string, string>> = {
  etcd: 'an etcd host is not a node',
  'load-balancer': 'a load balancer is not a node',
}

export function checkLabels({ hosts }: Outline): readonly Finding[] {
  return hosts.flatMap((host) => {
    const noNode = NOT_NODES[host.role ?? '']
    if (noNode !== undefined) return onNoNode(host, noNode)
    return [...labelFindings(host), ...taintFindings(host)]
  })
}

function onNoNode(host: OutlineHost, reason: string): readonly Finding[] {
  return [
    ...(Object.keys(host.labels).length === 0
      ? []
      : [problem(hostPath(host, 'labels'), reason, 'remove them: they would have no effect')]),
    ...(host.taints.length === 0
      ? []
      : [problem(hostPath(host, 'taints'), reason, 'remove them: no pod ever runs there')]),
  ]
}

function labelFindings(host: OutlineHost): readonly Finding[] {
  return Object.entries(host.labels).flatMap(([label, value]) => {
    const path = hostPath(host, 'labels', label)
    if (OF_KUBELET.includes(label)) {
      return [{ ...problem(path, 'the kubelet sets this label itself', 'remove it'), atKey: true }]
    }
    if (!OF_CONTROL_PLANES.includes(label)) return []
    // kubeadm itself gives control planes exactly this label.
    if (host.role === 'control-plane' && value === '') return []
    const remedy = 'remove it: role control-plane sets it'
    return [{ ...problem(path, 'this label marks control planes', remedy), atKey: true }]
  })
}

function taintFindings(host: OutlineHost): readonly Finding[] {
  const taints = host.taints.map((taint, index) => ({ key: taint['key'], effect: taint['effect'], index }))
  const at = (index: number) => ['spec', 'hosts', host.index, 'taints', index]
  return [
    ...taints
      .filter(({ key }) => typeof key === 'string' && OF_CLUSTER.includes(key))
      .map(({ key, index }) =>
        problem(at(index), `the cluster itself adds ${show(key)} to nodes and removes it`, 'remove it'),
      ),
    ...repetitions(taints, ({ key, effect }) =>
      typeof key === 'string' && typeof effect === 'string' ? `${key}:${effect}` : undefined,
    ).map(({ item }) =>
      problem(
        at(item.index),
        `the taint ${show(item.key)} with ${show(item.effect)} is given twice`,
        'keep one of them',
      ),
    ),
  ]
}
