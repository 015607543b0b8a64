import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DRAIN_DEFAULTS, type DrainOptions } from '../../../../src/operations/drain.js'
import { CORDONED_ANNOTATION, cordon, uncordon } from '../../../../src/hosts/kubernetes/cordon.js'
import { cordonAndDrain, drain, drainObstacles } from '../../../../src/hosts/kubernetes/drain.js'
import { giveUpNode } from '../../../../src/hosts/kubernetes/give-up-node.js'
import { eventually } from '../../../support/eventually.js'
import { MemoryCluster, type StoredObject } from '../../../support/memory-cluster.js'

let cluster: MemoryCluster
beforeEach(async () => {
  cluster = await MemoryCluster.start()
  cluster.add('/api/v1/nodes/w1', { spec: {}, status: { conditions: [{ type: 'Ready', status: 'True' }] } })
})
afterEach(() => cluster.close())

const NODE = '/api/v1/nodes/w1'
const SHORT: DrainOptions = { ...DRAIN_DEFAULTS, timeoutMs: 100 }

function aPod(name: string, changes: object = {}, metadata: object = {}): string {
  const path = `/api/v1/namespaces/shop/pods/${name}`
  cluster.add(path, {
    spec: { nodeName: 'w1' },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    ...changes,
    metadata: {
      labels: { app: 'web', 'pod-template-hash': '7d9' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-7d9', controller: true }],
      ...metadata,
    },
  })
  return path
}

function aBudget(name: string, disruptionsAllowed: number): StoredObject {
  return cluster.add(`/apis/policy/v1/namespaces/shop/poddisruptionbudgets/${name}`, {
    kind: 'PodDisruptionBudget',
    spec: { selector: { matchLabels: { app: 'web' } } },
    status: { disruptionsAllowed, currentHealthy: 2, desiredHealthy: 2 },
  })
}

function aStep() {
  const reported: string[] = []
  const context = {
    signal: new AbortController().signal,
    report: (line: string) => void reported.push(line),
    operation: '01a20876-49e0',
  }
  return { reported, context }
}

const draining = (options = DRAIN_DEFAULTS, context = aStep().context) =>
  cordonAndDrain(context, cluster.api, 'w1', options)

describe('a cordoned node', () => {
  it('takes no pods, says who cordoned it, and takes them again when it is uncordoned', async () => {
    expect(await cordon(cluster.api, 'w1', 'op')).toBe(true)
    expect(cluster.objects.get(NODE)).toMatchObject({
      metadata: { annotations: { [CORDONED_ANNOTATION]: 'op' } },
      spec: { unschedulable: true },
    })
    expect(await uncordon(cluster.api, 'w1')).toBe(true)
    expect(cluster.objects.get(NODE)?.metadata.annotations).toEqual({})
    expect(cluster.objects.get(NODE)?.['spec']).toEqual({})
  })

  it('that somebody else cordoned is theirs: it stays cordoned', async () => {
    cluster.add(NODE, { spec: { unschedulable: true } })
    expect(await cordon(cluster.api, 'w1', 'op')).toBe(false)
    expect(await uncordon(cluster.api, 'w1')).toBe(false)
    expect(cluster.objects.get(NODE)?.['spec']).toEqual({ unschedulable: true })
  })

  it('is cordoned although somebody changes it at the same time', async () => {
    let others = 2
    cluster.intercept = ({ method }) => {
      if (method !== 'PUT' || others === 0) return undefined
      others -= 1
      return { status: 409, body: { kind: 'Status', reason: 'Conflict', message: 'changed', code: 409 } }
    }
    expect(await cordon(cluster.api, 'w1', 'op')).toBe(true)
  })
})

describe('a drain', () => {
  it('evicts what the node runs, but no pods of DaemonSets, static pods or finished pods', async () => {
    aPod('web-1')
    aPod('agent', {}, { ownerReferences: [{ kind: 'DaemonSet', name: 'agent', controller: true }] })
    aPod('etcd', {}, { annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [] })
    aPod('job', { status: { phase: 'Succeeded' } })
    aPod('elsewhere', { spec: { nodeName: 'w2' } })
    expect(await draining()).toEqual({ cordoned: true, evicted: 1 })
    const left = [...cluster.objects.keys()].filter((path) => path.includes('/pods/'))
    expect(left.map((path) => path.split('/').at(-1)).sort()).toEqual(['agent', 'elsewhere', 'etcd', 'job'])
  })

  it('of an empty, cordoned node changes nothing', async () => {
    await draining()
    const { length } = cluster.changes
    expect(await draining()).toEqual({ cordoned: false, evicted: 0 })
    expect(cluster.changes).toHaveLength(length)
  })

  it('does not even cordon a node whose pods may not go, and says which, and why', async () => {
    aPod('web-1')
    aBudget('web', 0)
    await expect(draining(SHORT)).rejects.toMatchObject({
      code: 'DRAIN_BLOCKED',
      message: 'the disruption budget web allows no disruption of pod shop/web-1 (Deployment web)',
      context: { host: 'w1', hint: expect.stringContaining('kubectl get pdb -A') as string },
    })
    expect(cluster.changes).toEqual([])
    expect(await drainObstacles(cluster.api, 'w1', 'stop')).toMatchObject([
      { kind: 'budget', budgets: ['web'] },
    ])
  })

  it('waits while a budget allows nothing, and goes on when it does', async () => {
    aPod('web-1')
    const budget = aBudget('web', 0)
    const { context, reported } = aStep()
    const drained = draining(DRAIN_DEFAULTS, context)
    await eventually(() => reported.length > 0, 'the drain says what it waits for')
    expect(reported[0]).toContain('the disruption budget web allows no disruption')
    budget['status'] = { disruptionsAllowed: 1 }
    expect(await drained).toEqual({ cordoned: true, evicted: 1 })
  })

  it('evicts one pod after the other where the budget allows only one at a time', async () => {
    aPod('web-1')
    aPod('web-2')
    const budget = aBudget('web', 1)
    const { context, reported } = aStep()
    const drained = draining(DRAIN_DEFAULTS, context)
    await eventually(() => reported.some((line) => line.includes('web-2')), 'the second pod is waited for')
    budget['status'] = { disruptionsAllowed: 1 }
    expect(await drained).toEqual({ cordoned: true, evicted: 2 })
  })

  it('stops before a pod that nothing would start again, unless such pods are to be evicted', async () => {
    aPod('debug', {}, { ownerReferences: [], labels: {} })
    await expect(draining()).rejects.toMatchObject({
      code: 'DRAIN_BLOCKED',
      message: 'pod shop/debug has no controller that would start it again elsewhere',
    })
    expect(await draining({ ...DRAIN_DEFAULTS, unmanaged: 'evict' })).toMatchObject({ evicted: 1 })
  })

  it('stops before a pod that has two budgets', async () => {
    aPod('web-1')
    aBudget('one', 1)
    aBudget('two', 1)
    await expect(draining()).rejects.toMatchObject({
      message: expect.stringContaining('more than one disruption budget: one, two') as string,
    })
  })

  it('waits until the pods have ended, and asks for no eviction twice', async () => {
    const path = aPod('web-1')
    cluster.holds = () => true
    const { context, reported } = aStep()
    const drained = draining(DRAIN_DEFAULTS, context)
    await eventually(() => reported.includes('waiting for pod shop/web-1 to end'), 'the pod is waited for')
    await eventually(() => cluster.changes.length > 1, 'the eviction was asked for')
    cluster.objects.delete(path)
    expect(await drained).toEqual({ cordoned: true, evicted: 1 })
    expect(cluster.changes.filter((change) => change.endsWith('/eviction'))).toHaveLength(1)
  })

  it('evicts no pod of the same name that runs elsewhere by now', async () => {
    const path = aPod(
      'db-0',
      {},
      { ownerReferences: [{ kind: 'StatefulSet', name: 'db', controller: true }] },
    )
    cluster.intercept = ({ path: asked }) => {
      if (asked.endsWith('/eviction'))
        cluster.add(path, { spec: { nodeName: 'w2' }, metadata: { uid: 'another' } })
      return undefined
    }
    await draining()
    expect(cluster.objects.get(path)).toMatchObject({ metadata: { uid: 'another' } })
  })

  it('waits until the volumes of its pods are detached, but not for those of pods that stay', async () => {
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'logs' } }]
    aPod(
      'agent',
      { spec: { nodeName: 'w1', volumes } },
      { ownerReferences: [{ kind: 'DaemonSet', name: 'a', controller: true }] },
    )
    cluster.add('/api/v1/namespaces/shop/persistentvolumeclaims/logs', { spec: { volumeName: 'pv-logs' } })
    const attached = (name: string) =>
      cluster.add(`/apis/storage.k8s.io/v1/volumeattachments/${name}`, {
        spec: { nodeName: 'w1', attacher: 'csi', source: { persistentVolumeName: `pv-${name}` } },
      })
    attached('logs')
    attached('data')
    await expect(drain(aStep().context, cluster.api, 'w1', SHORT)).rejects.toMatchObject({
      code: 'DRAIN_BLOCKED',
      message: 'the volume pv-data is still attached to the node',
    })
    cluster.objects.delete('/apis/storage.k8s.io/v1/volumeattachments/data')
    expect(await drain(aStep().context, cluster.api, 'w1', SHORT)).toEqual({ evicted: 0 })
  })
})

describe('a dead node', () => {
  it('is marked as out of service once its kubelet is silent', async () => {
    cluster.add(NODE, { spec: {}, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } })
    const giveUp = () => giveUpNode(aStep().context, cluster.api, 'w1', DRAIN_DEFAULTS)
    expect(await giveUp()).toBe(true)
    expect(cluster.objects.get(NODE)?.['spec']).toMatchObject({
      taints: [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }],
    })
    expect(await giveUp()).toBe(false)
  })

  it('is not given up while its kubelet reports', async () => {
    const { context, reported } = aStep()
    const end = new AbortController()
    const given = giveUpNode({ ...context, signal: end.signal }, cluster.api, 'w1', DRAIN_DEFAULTS)
    await eventually(() => reported.length > 0, 'it says what it waits for')
    end.abort(new Error('enough'))
    await expect(given).rejects.toThrow('aborted')
    expect(cluster.changes).toEqual([])
  })
})
