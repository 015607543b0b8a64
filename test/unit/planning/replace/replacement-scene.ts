/** Replacements in a finished cluster, for the tests of their plans. */
import type { Cluster } from '../../../../src/cluster/model.js'
import { QuorateError, type ErrorCode } from '../../../../src/errors/index.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import type { Standing } from '../../../../src/facts/standing.js'
import { DRAIN_DEFAULTS } from '../../../../src/operations/drain.js'
import type { ReplaceRequest } from '../../../../src/operations/input.js'
import type { Looks } from '../../../../src/planning/replace/old-machine.js'
import { planReplacement, type ReplacementPlan } from '../../../../src/planning/replace/plan.js'
import { aCluster, bareFacts } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'

interface Scene {
  readonly cluster?: Cluster
  /** The file, if it differs from the cluster that runs. */
  readonly file?: Cluster
  readonly standing?: Partial<Standing>
  /** Hosts that do not answer, and why. */
  readonly away?: Readonly<Record<string, ErrorCode>>
  /** Hosts at whose address another, bare machine answers. */
  readonly reinstalled?: readonly string[]
  /** Hosts whose machine has nothing of the cluster any more. */
  readonly wiped?: readonly string[]
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>
  readonly former?: Looks['former']
  readonly request?: Partial<ReplaceRequest>
}

/** A bare machine under the name of a host, and another one than the cluster knows. */
function freshFacts(host: string): HostFacts {
  return bareFacts(host, { machineId: `fresh-${host}` })
}

export function plan(host: string, scene: Scene = {}): ReplacementPlan {
  const {
    cluster = aCluster(),
    file = cluster,
    away = {},
    reinstalled = [],
    wiped = [],
    facts = {},
    former,
  } = scene
  const isThere = ({ host: name }: HostFacts) => away[name] === undefined
  return planReplacement(
    file,
    {
      facts: joinedFacts(cluster, facts)
        .filter(isThere)
        .map((one) => (wiped.includes(one.host) ? bareFacts(one.host) : one))
        .map((one) => (reinstalled.includes(one.host) ? freshFacts(one.host) : one)),
      unanswered: Object.entries(away).map(([name, code]) =>
        new QuorateError(code, 'no answer', { host: name }).report(),
      ),
      presence: present({ ...standingOf(cluster), ...scene.standing }),
      ...(former === undefined ? {} : { former }),
    },
    { host, isDead: false, inPlace: false, drain: DRAIN_DEFAULTS, ...scene.request },
  )
}

/** The members of etcd, of which these are not healthy. */
export function withSilent(cluster: Cluster, ...names: readonly string[]): Partial<Standing> {
  const { members = [] } = standingOf(cluster)
  return { members: members.map((member) => ({ ...member, healthy: !names.includes(member.name) })) }
}

export const messages = ({ problems }: ReplacementPlan) => problems.map(({ message }) => message)
export const lines = ({ changes }: ReplacementPlan) =>
  changes.map(({ host, phase, action }) => `${host}: ${phase}: ${action}`)
