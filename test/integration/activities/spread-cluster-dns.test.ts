import { describe, expect, it } from 'vitest'
import { spreadClusterDns } from '../../../src/activities/spread-cluster-dns.js'
import type { StepOutcome } from '../../../src/operations/steps.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { scriptedPool } from '../../support/scripted-session.js'
import { defined } from '../../../src/values/defined.js'

const CONTROL_PLANE_TAINT = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }
const TOLERATIONS = [{ key: CONTROL_PLANE_TAINT.key, effect: 'NoSchedule' }]
const READY = { conditions: [{ type: 'Ready', status: 'True' }] }

const node = (name: string, spec: object = {}, status: object = READY) => ({
  metadata: { name },
  spec,
  status,
})
const pod = (name: string, nodeName: string | undefined, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec: { ...defined({ nodeName }), tolerations: TOLERATIONS },
  status: READY,
})

/** All the time the same, or as they are at each look. */
type Nodes = readonly object[] | (() => readonly object[])

/** A cluster with these nodes, whose pods of CoreDNS are these, one list for each look; and what was deleted. */
async function spread(nodes: Nodes, ...looks: readonly (readonly object[])[]) {
  const deleted: string[] = []
  let look = 0
  const hosts = scriptedPool([
    ['GET /api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns', () => JSON.stringify({ items: looks[Math.min(look++, looks.length - 1)] })],
    ['GET /api/v1/nodes?', () => JSON.stringify({ items: typeof nodes === 'function' ? nodes() : nodes })],
    [
      'DELETE /api/v1/namespaces/kube-system/pods/coredns-',
      () => {
        deleted.push('one pod')
        return '{}'
      },
    ],
  ])
  const result: StepOutcome = await activity(() =>
    onHost(hosts, aCluster(), aHost('cp1'), (context) =>
      spreadClusterDns({ ...context, patience: { ...context.patience, node: 1_000 } }),
    ),
  )
  return { ...result, deleted }
}

describe('the cluster DNS', () => {
  const crowded = [pod('coredns-a', 'cp1'), pod('coredns-b', 'cp1')]

  it('has a pod moved if all are on the first node and another node can run one', async () => {
    const moving = [
      pod('coredns-a', 'cp1', { deletionTimestamp: 'now' }),
      crowded[1] ?? {},
      { ...pod('coredns-c', 'w1'), status: {} },
    ]
    const unready = [crowded[1] ?? {}, { ...pod('coredns-c', 'w1'), status: {} }]
    const moved = [crowded[1] ?? {}, pod('coredns-c', 'w1')]
    expect(await spread([node('cp1'), node('w1')], crowded, moving, unready, moved)).toEqual({
      changed: true,
      summary: 'CoreDNS on cp1, w1',
      deleted: ['one pod'],
    })
  })

  it('can move to another control plane, whose taint it tolerates', async () => {
    const nodes = [node('cp1'), node('cp2', { taints: [CONTROL_PLANE_TAINT] })]
    const moved = [pod('coredns-b', 'cp1'), pod('coredns-c', 'cp2')]
    expect((await spread(nodes, crowded, moved)).changed).toBe(true)
  })

  it('can move to a node that has just joined, as soon as that is ready', async () => {
    const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
    let looks = 0
    const nodes = () => {
      looks += 1
      return [node('cp1'), looks === 1 ? node('w1', { taints: [notReady] }, {}) : node('w1')]
    }
    const moved = [pod('coredns-b', 'cp1'), pod('coredns-c', 'w1')]
    expect((await spread(nodes, crowded, moved)).changed).toBe(true)
  })

  it('is moved once: a later attempt waits for the old pod to go and finds the new one', async () => {
    const going = [pod('coredns-a', 'cp1', { deletionTimestamp: 'now' }), pod('coredns-b', 'cp1')]
    const moved = [pod('coredns-b', 'cp1'), pod('coredns-c', 'w1')]
    expect(await spread([node('cp1'), node('w1')], going, moved)).toMatchObject({
      changed: false,
      deleted: [],
    })
  })

  const left: Record<string, readonly [Nodes, readonly object[], string]> = {
    'that is on two nodes': [
      [node('cp1'), node('w1')],
      [pod('coredns-a', 'cp1'), pod('coredns-b', 'w1')],
      'CoreDNS on cp1, w1',
    ],
    'of a single pod': [[node('cp1'), node('w1')], [pod('coredns-a', 'cp1')], 'CoreDNS on cp1'],
    'that somebody took out of the cluster': [[node('cp1'), node('w1')], [], 'no CoreDNS'],
    'that the scheduler is about to place': [
      [node('cp1'), node('w1')],
      [pod('coredns-a', 'cp1'), pod('coredns-b', undefined)],
      'CoreDNS on cp1, no node yet',
    ],
    'of a single node': [[node('cp1')], crowded, 'CoreDNS on cp1, the only node for it'],
    'whose other nodes do not become ready': [
      [node('cp1'), node('w1', {}, {})],
      crowded,
      'CoreDNS on cp1, the only node for it',
    ],
    'whose other nodes are cordoned or keep it off': [
      [
        node('cp1'),
        node('w1', { unschedulable: true }),
        node('w2', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoExecute' }] }),
      ],
      crowded,
      'CoreDNS on cp1, the only node for it',
    ],
  }
  it.each(Object.entries(left))('is left alone: one %s', async (_, [nodes, pods, summary]) => {
    expect(await spread(nodes, pods)).toEqual({ changed: false, summary, deleted: [] })
  })
})
