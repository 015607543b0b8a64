/** Removals from a finished cluster, for the tests of their plans. */
import type { Cluster } from '../../../../src/cluster/model.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import type { Standing } from '../../../../src/facts/standing.js'
import { QuorateError, type ErrorCode, type ErrorReport } from '../../../../src/errors/index.js'
import { DRAIN_DEFAULTS } from '../../../../src/operations/drain.js'
import { planRemoval, type RemovalPlan } from '../../../../src/planning/remove/plan.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'

interface Scene {
  readonly cluster?: Cluster
  readonly standing?: Partial<Standing>
  /** Hosts that do not answer. */
  readonly away?: readonly string[]
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>
  readonly dead?: readonly string[]
}

export const twoBalancers = aCluster({
  hosts: ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1', 'lb2'].map((name) => aHost(name)),
  loadBalancer: { type: 'haproxy', hosts: ['lb1', 'lb2'] },
})

export function noAnswer(host: string, code: ErrorCode = 'SSH_UNREACHABLE'): ErrorReport {
  return new QuorateError(code, 'no answer', { host }).report()
}

export function plan(hosts: readonly string[], scene: Scene = {}): RemovalPlan {
  const { cluster = aCluster(), away = [], dead = [], facts = {} } = scene
  return planRemoval(
    cluster,
    joinedFacts(cluster, facts).filter(({ host }) => !away.includes(host)),
    {
      presence: present({ ...standingOf(cluster), ...scene.standing }),
      unanswered: away.map((name) => noAnswer(name)),
    },
    { hosts, dead, drain: DRAIN_DEFAULTS },
  )
}

export function withUnhealthy(cluster: Cluster, ...names: readonly string[]): Partial<Standing> {
  const { members = [] } = standingOf(cluster)
  return { members: members.map((member) => ({ ...member, healthy: !names.includes(member.name) })) }
}

export const messages = ({ problems }: RemovalPlan) => problems.map(({ message }) => message)
export const lines = ({ changes }: RemovalPlan) =>
  changes.map(({ host, phase, action }) => `${host}: ${phase}: ${action}`)
