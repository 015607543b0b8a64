/** Resets of hosts and of whole clusters, for the tests of their plans. */
import type { Cluster } from '../../../../src/cluster/model.js'
import { QuorateError, type ErrorCode, type ErrorReport } from '../../../../src/errors/index.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import type { ClusterPresence, Standing } from '../../../../src/facts/standing.js'
import type { ResetRequest } from '../../../../src/operations/input.js'
import type { Losses } from '../../../../src/planning/reset/losses.js'
import { planReset, type ResetPlan } from '../../../../src/planning/reset/plan.js'
import { aCluster, bareFacts } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'

interface Scene {
  readonly cluster?: Cluster
  /** The running cluster; one that is whole unless given. */
  readonly presence?: ClusterPresence
  readonly standing?: Partial<Standing>
  readonly away?: readonly string[]
  readonly code?: ErrorCode
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>
  /** Hosts that are bare. */
  readonly bare?: readonly string[]
  readonly losses?: Losses
  readonly packages?: boolean
}

export const ABSENT: ClusterPresence = { kind: 'absent' }
export const UNREADABLE: ClusterPresence = { kind: 'unreadable', host: 'cp1', reason: 'connection refused' }

function noAnswer(host: string, code: ErrorCode): ErrorReport {
  return new QuorateError(code, 'no answer', { host }).report()
}

function plan(request: Partial<ResetRequest>, scene: Scene): ResetPlan {
  const { cluster = aCluster(), away = [], bare = [], facts = {}, code = 'SSH_UNREACHABLE' } = scene
  const standing = { ...standingOf(cluster), ...scene.standing }
  return planReset(
    cluster,
    joinedFacts(cluster, facts)
      .map((one) => (bare.includes(one.host) ? bareFacts(one.host, facts[one.host]) : one))
      .filter(({ host }) => !away.includes(host)),
    {
      presence: scene.presence ?? present(standing),
      unanswered: away.map((name) => noAnswer(name, code)),
      ...(scene.losses === undefined ? {} : { losses: scene.losses }),
    },
    { hosts: [], all: false, packages: scene.packages === true, ...request },
  )
}

/** The reset of single hosts. */
export const ofHosts = (hosts: readonly string[], scene: Scene = {}) => plan({ hosts }, scene)

/** The end of a cluster. */
export const ofAll = (scene: Scene = {}) => plan({ all: true }, scene)

export const messages = ({ problems }: ResetPlan) => problems.map(({ message }) => message)
export const codes = ({ problems }: ResetPlan) => problems.map(({ code, host }) => [code, host])
export const names = ({ resetting }: ResetPlan) => resetting.map(({ host }) => host.name)
