import { describe, expect, it } from 'vitest'
import {
  budgetsOf,
  describeObstacle,
  obstaclesTo,
  ownerTitle,
  staysOnNode,
  type DisruptionBudget,
  type DrainPod,
} from '../../../../src/planning/drain/pods.js'

const READY = [{ type: 'Ready', status: 'True' }]

function aPod(name: string, changes: Partial<DrainPod> = {}, metadata: DrainPod['metadata'] = {}): DrainPod {
  return {
    metadata: {
      name,
      namespace: 'shop',
      labels: { app: 'web' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-7d9', controller: true }],
      ...metadata,
    },
    status: { phase: 'Running', conditions: READY },
    ...changes,
  }
}

function aBudget(name: string, changes: Partial<DisruptionBudget> = {}): DisruptionBudget {
  return {
    metadata: { name, namespace: 'shop' },
    spec: { selector: { matchLabels: { app: 'web' } } },
    status: { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 },
    ...changes,
  }
}

describe('the pods that stay on a drained node', () => {
  it.each([
    [
      'a pod of a DaemonSet',
      aPod('p', {}, { ownerReferences: [{ kind: 'DaemonSet', name: 'd', controller: true }] }),
    ],
    ['a static pod', aPod('p', {}, { annotations: { 'kubernetes.io/config.mirror': 'hash' } })],
    ['a pod that succeeded', aPod('p', { status: { phase: 'Succeeded' } })],
    ['a pod that failed', aPod('p', { status: { phase: 'Failed' } })],
  ])('%s stays', (_, pod) => {
    expect(staysOnNode(pod)).toBe(true)
  })

  it('any other pod is evicted', () => {
    expect(staysOnNode(aPod('p'))).toBe(false)
  })
})

describe('what stands in the way of a drain', () => {
  it('is a budget that allows no disruption, named with the pod and its owner', () => {
    const [obstacle] = obstaclesTo([aPod('web-1')], [aBudget('web')], 'stop')
    expect(obstacle && describeObstacle(obstacle)).toBe(
      'the disruption budget web allows no disruption of pod shop/web-1 (ReplicaSet web-7d9)',
    )
  })

  it('is not a budget that still allows a disruption', () => {
    const budget = aBudget('web', { status: { disruptionsAllowed: 1 } })
    expect(obstaclesTo([aPod('web-1'), aPod('web-2')], [budget], 'stop')).toEqual([])
  })

  it('is a pod that no controller would start again, unless such pods are to be evicted', () => {
    const bare = aPod('debug', {}, { ownerReferences: [], labels: {} })
    expect(obstaclesTo([bare], [], 'stop').map(describeObstacle)).toEqual([
      'pod shop/debug has no controller that would start it again elsewhere',
    ])
    expect(obstaclesTo([bare], [], 'evict')).toEqual([])
  })

  it('is a pod with two budgets, which the API refuses to evict', () => {
    const found = obstaclesTo([aPod('web-1')], [aBudget('a'), aBudget('b')], 'stop')
    expect(found).toMatchObject([{ kind: 'budgets', budgets: ['a', 'b'] }])
  })

  it('is not a pod that is being deleted already', () => {
    expect(obstaclesTo([aPod('p', {}, { deletionTimestamp: 'now' })], [aBudget('web')], 'stop')).toEqual([])
  })

  it('is not the budget of a pod that does not run yet', () => {
    expect(obstaclesTo([aPod('p', { status: { phase: 'Pending' } })], [aBudget('web')], 'stop')).toEqual([])
  })

  it('is not a pod that is not ready, if the budget always allows those', () => {
    const unready = aPod('p', { status: { phase: 'Running' } })
    const spec = { selector: {}, unhealthyPodEvictionPolicy: 'AlwaysAllow' }
    const status = { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2 }
    expect(obstaclesTo([unready], [aBudget('web', { spec, status })], 'stop')).toEqual([])
    expect(obstaclesTo([unready], [aBudget('web', { status })], 'stop')).toHaveLength(1)
  })

  it('is not a pod that is not ready while enough others are healthy', () => {
    const unready = aPod('p', { status: { phase: 'Running' } })
    expect(obstaclesTo([unready], [aBudget('web')], 'stop')).toEqual([])
  })
})

describe('the budgets of a pod', () => {
  const namesFor = (selector: NonNullable<DisruptionBudget['spec']>['selector'], namespace = 'shop') => {
    const budget = aBudget('b', { metadata: { name: 'b', namespace }, spec: selector ? { selector } : {} })
    return budgetsOf(aPod('p'), [budget]).length
  }

  it.each([
    ['an empty selector selects every pod', {}, 1],
    ['no selector selects none', undefined, 0],
    ['a label that differs does not select', { matchLabels: { app: 'other' } }, 0],
    ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] }, 1],
    ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, 0],
    ['Exists', { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, 1],
    ['DoesNotExist', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, 0],
  ])('%s', (_, selector, expected) => {
    expect(namesFor(selector)).toBe(expected)
  })

  it('are only those of its namespace', () => {
    expect(namesFor({}, 'other')).toBe(0)
  })
})

it('a pod of a Deployment is named after it, not after its ReplicaSet', () => {
  const labels = { 'pod-template-hash': '7d9' }
  expect(ownerTitle(aPod('p', {}, { labels }))).toBe('Deployment web')
})
