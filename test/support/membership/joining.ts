/** Init and join of control planes, in the steps of the activities; the decisions are the product's own. */
import { isVoter, memberOf } from '../../../src/facts/quorum.js'
import type { JoinSigns } from '../../../src/planning/changes/join-standing.js'
import type { VoterRemoval } from '../../../src/planning/changes/failed-join.js'
import type { SkipConsequence } from '../../../src/operations/steps.js'
import type { JudgedMember } from '../../../src/hosts/etcd/members.js'
import { api, ask, judged, membersVia, Passing, removeSeen, Stop, waitUntil, type Flow } from './asking.js'
import type { Decisions } from './decisions.js'
import { reset, startKubeadm } from './kubeadm.js'
import { Violation, type ModelHost, type Sign, type World } from './world.js'

/** Why a member is removed; the model checks that it is so. */
type Reason = 'undo' | 'settle' | 'skip' | 'late'

/** What the steps of one operation share. */
export class Steps {
  readonly world: World
  readonly decide: Decisions
  readonly operation: number
  /** Whether the hosts showed a cluster when the operation was planned. */
  isKnown = false
  /** Hosts that the operator has left out, or is about to. */
  readonly leftOut = new Set<ModelHost>()

  constructor(world: World, decide: Decisions, operation: number) {
    this.world = world
    this.decide = decide
    this.operation = operation
  }

  /** The first control plane: initialised once, never twice. */
  *init(one: ModelHost): Flow<void> {
    const { world } = this
    if (!(yield* this.isUnderway(one, 'init'))) {
      const found = yield* ask(world, one, () => this.isInitialised(one))
      if (found) return yield* this.complete(one)
      if ((yield* this.initStanding(one)) === 'there') return yield* this.bringUp(one)
    }
    yield* this.runKubeadm(one, 'init', () => this.clearInit(one))
    yield* waitUntil(
      'CONTROL_PLANE_NOT_READY',
      function* (this: Steps) {
        return (yield* ask(world, one, () => this.isInitialised(one))) ? undefined : 'not initialised yet'
      }.bind(this),
    )
    yield* this.complete(one)
  }

  private isInitialised(one: ModelHost): boolean {
    const lineage = this.world.api(one)
    return lineage?.configured === true && lineage.nodes.get(one.name) === 'marked'
  }

  private *complete(one: ModelHost): Flow<void> {
    yield* ask(this.world, one, () => {
      one.kubelet = true
      one.signs.add('initialised')
    })
  }

  private *initStanding(one: ModelHost): Flow<'there' | 'absent'> {
    const standing = yield* ask(this.world, one, () =>
      this.decide.judgeInit({
        holdsState: one.data !== undefined,
        isRecorded: one.signs.has('initialised'),
        hasJoinedEtcd: one.manifest?.state === 'existing',
        isUnfinished: one.signs.has('init-unfinished'),
        isKnown: this.isKnown,
      }),
    )
    if (standing === 'elsewhere') throw new Stop('CLUSTER_EXISTS', 'nothing of the cluster is here any more')
    if (standing === 'lost') throw new Stop('ETCD_DATA_LOST', 'the data of the first control plane are gone')
    if (standing !== 'unless-alone') return standing
    return yield* ask(this.world, one, () => {
      const lineage = this.world.serving(one)
      if (lineage === undefined || !this.world.hasQuorum(lineage)) return 'absent'
      const others = [...lineage.nodes.keys(), ...lineage.members.map(({ name }) => name)]
      return others.some((name) => name !== one.name) ? 'there' : 'absent'
    })
  }

  private *bringUp(one: ModelHost): Flow<void> {
    yield* ask(this.world, one, () => {
      one.kubelet = true
    })
    const lineage = { configured: false }
    yield* waitUntil(
      'CONTROL_PLANE_NOT_READY',
      function* (this: Steps) {
        lineage.configured = (yield* api(this.world, one)).configured
        return undefined
      }.bind(this),
    )
    if (!lineage.configured) throw new Stop('ETCD_DATA_LOST', 'the API server serves an empty cluster')
    yield* ask(this.world, one, () => {
      this.world.api(one)?.nodes.set(one.name, 'marked')
    })
    yield* this.complete(one)
  }

  private *clearInit(one: ModelHost): Flow<void> {
    if ((yield* this.initStanding(one)) === 'there') throw new Stop('CLUSTER_EXISTS', 'initialised here')
    yield* ask(this.world, one, () => {
      if (one.signs.has('init-unfinished')) reset(this.world, one)
      else if (one.signs.has('manifests')) throw new Stop('CLUSTER_EXISTS', 'kubeadm has run here')
    })
  }

  *join(one: ModelHost, first: ModelHost): Flow<void> {
    const { world } = this
    const isJoining = yield* this.isUnderway(one, 'join')
    const standing = isJoining ? 'undone' : yield* this.joinStanding(one, first)
    if (standing === 'data-lost') throw new Stop('ETCD_DATA_LOST', `the data of ${one.name} are gone`)
    if (standing === 'undone') {
      yield* this.runKubeadm(one, 'join', () => this.clearJoin(one, first))
    } else {
      yield* ask(world, one, () => {
        one.kubelet = true
      })
      if (standing === 'unmarked') yield* this.markNode(one)
    }
    yield* waitUntil('CONTROL_PLANE_NOT_READY', () => this.joinObstacle(one, first))
  }

  private *markNode(one: ModelHost): Flow<void> {
    yield* waitUntil(
      'CONTROL_PLANE_NOT_READY',
      function* (this: Steps) {
        ;(yield* api(this.world, one)).nodes.set(one.name, 'marked')
        return undefined
      }.bind(this),
    )
  }

  private *joinObstacle(one: ModelHost, first: ModelHost): Flow<string | undefined> {
    const member = memberOf(yield* membersVia(this.world, first), one.host)
    if (member === undefined || !isVoter(member)) return 'its etcd member does not vote'
    const lineage = yield* api(this.world, one)
    return lineage.nodes.get(one.name) === 'marked' ? undefined : 'its node is not marked'
  }

  private *clearJoin(one: ModelHost, first: ModelHost): Flow<void> {
    yield* this.undo(one, first)
    yield* waitUntil(
      'ETCD_UNHEALTHY',
      function* (this: Steps) {
        for (const left of this.leftOut) yield* this.abandon(left, first, 'late')
        return this.decide.wholenessObstacle((yield* judged(this.world, first)).members)?.reason
      }.bind(this),
    )
  }

  private *traces(one: ModelHost, first: ModelHost): Flow<Traces> {
    const { world } = this
    const signs = yield* ask(world, one, () => new Set(one.signs))
    const etcdData = yield* ask(world, one, () => one.data !== undefined)
    let members: readonly JudgedMember[] = []
    yield* waitUntil(
      'ETCD_UNHEALTHY',
      function* (this: Steps) {
        try {
          members = yield* membersVia(world, first)
          return undefined
        } catch (error) {
          if (etcdData) {
            yield* ask(world, one, () => {
              one.kubelet = true
            })
          }
          throw error
        }
      }.bind(this),
    )
    const lineage = yield* api(world, first)
    return { signs, etcdData, member: memberOf(members, one.host), node: lineage.nodes.get(one.name) }
  }

  private *joinStanding(one: ModelHost, first: ModelHost) {
    const { signs, etcdData, member, node } = yield* this.traces(one, first)
    const judgedBy: JoinSigns = {
      kubeletConf: signs.has('kubelet.conf'),
      manifests: signs.has('manifests'),
      etcdData,
      kubeletCertificate: signs.has('kubelet-certificate'),
      node: node ?? 'missing',
      member: member === undefined ? 'missing' : isVoter(member) ? 'votes' : 'not-voting',
    }
    return this.decide.judgeJoin(judgedBy, 'stacked')
  }

  /** What undoes a join, step by step. */
  private *undo(one: ModelHost, first: ModelHost): Flow<void> {
    const { world } = this
    const { signs, etcdData, member, node } = yield* this.traces(one, first)
    const traces =
      etcdData || (['kubeconfigs', 'certificates', 'manifests'] as const).some((s) => signs.has(s))
    const remains = { member: member !== undefined, etcdData, traces, node: node !== undefined }
    for (const step of this.decide.undoSteps(remains)) {
      switch (step) {
        case 'prove-own':
          yield* this.proveOwn(one, first)
          break
        case 'take-member-out':
          yield* this.takeOut(one, first, 'undo')
          break
        case 'reset':
          yield* ask(world, one, () => reset(world, one))
          break
        case 'delete-node':
          ;(yield* api(world, first)).nodes.delete(one.name)
      }
    }
  }

  private *proveOwn(one: ModelHost, first: ModelHost): Flow<void> {
    try {
      yield* membersVia(this.world, one)
    } catch (error) {
      if (!(error instanceof Passing)) throw error
      if ((yield* api(this.world, first)).configured) return
      throw new Stop('ETCD_DATA_LOST', `the API server of ${first.name} serves an empty cluster`, first)
    }
    throw new Stop('CLUSTER_EXISTS', `the etcd of ${one.name} is another cluster`)
  }

  /** Removes the member of a host as soon as etcd can do without it. */
  *takeOut(
    one: ModelHost,
    via: ModelHost,
    reason: Reason,
    voter?: VoterRemoval,
  ): Flow<JudgedMember | undefined> {
    let removed: JudgedMember | undefined
    yield* waitUntil(
      'ETCD_QUORUM_AT_RISK',
      function* (this: Steps) {
        const sight = yield* judged(this.world, via)
        const member = memberOf(sight.members, one.host)
        if (member === undefined) return undefined
        if (reason === 'skip' && !this.decide.mayAbandon(member, voter)) {
          throw new Stop('STEP_NOT_SKIPPABLE', `the member of ${one.name} votes now`)
        }
        const obstacle = this.decide.removalObstacle(sight.members, member)
        if (obstacle !== undefined) return obstacle
        this.judgeOwner(one, member, reason, voter)
        yield* removeSeen(this.world, via, sight, member)
        removed = member
        return undefined
      }.bind(this),
    )
    return removed
  }

  /** Whether the member is ours to remove. */
  private judgeOwner(one: ModelHost, member: JudgedMember, reason: Reason, voter?: VoterRemoval): void {
    const { world } = this
    const isWhole =
      one.data?.member === member.id &&
      one.signs.has('kubelet.conf') &&
      one.data.lineage.nodes.get(one.name) === 'marked' &&
      isVoter(member)
    if (reason === 'undo' && isWhole) throw new Violation(`${one.name} has joined, and its member is removed`)
    if (reason === 'settle' && (isVoter(member) || (one.unit?.state === 'running' && one.powered))) {
      throw new Violation(`the join of ${one.name} goes on, and its member is removed`)
    }
    if (reason === 'skip' && isVoter(member) && voter !== 'shown') {
      throw new Violation(`${one.name} votes, and nobody was shown that its member is removed`)
    }
    if ((reason === 'skip' || reason === 'late') && !this.leftOut.has(one)) {
      throw new Violation(`nobody left ${one.name} out, and its member is removed`)
    }
    world.tell(() => `the member of ${one.name} is removed (${reason})`)
  }

  *abandon(one: ModelHost, via: ModelHost, voter: VoterRemoval | undefined): Flow<void> {
    const removed = yield* this.takeOut(one, via, voter === 'late' ? 'late' : 'skip', voter)
    if ((removed !== undefined && isVoter(removed)) || voter === 'shown') {
      ;(yield* api(this.world, via)).nodes.delete(one.name)
    }
  }

  *settleJoin(one: ModelHost, via: ModelHost): Flow<SkipConsequence> {
    const sight = yield* judged(this.world, via)
    const member = memberOf(sight.members, one.host)
    if (member === undefined) return {}
    const { isRemoved, consequence } = this.decide.settleMember(sight.members, member, one.name)
    if (isRemoved && !(yield* this.mayStillJoin(one))) {
      this.judgeOwner(one, member, 'settle')
      yield* removeSeen(this.world, via, sight, member)
    }
    return consequence
  }

  private *mayStillJoin(one: ModelHost): Flow<boolean> {
    try {
      return yield* ask(this.world, one, () => this.unit(one, 'join')?.state === 'running')
    } catch (error) {
      if (error instanceof Passing) return true
      throw error
    }
  }

  private unit(one: ModelHost, kind: 'init' | 'join') {
    const { unit } = one
    return unit?.operation === this.operation && unit.kind === kind ? unit : undefined
  }

  /** Whether kubeadm was started in this operation, and runs or has left a trace. */
  private *isUnderway(one: ModelHost, kind: 'init' | 'join'): Flow<boolean> {
    yield* this.waitForOthers(one)
    return yield* ask(this.world, one, () => {
      const unit = this.unit(one, kind)
      if (unit === undefined) return false
      if (unit.state === 'running' || unit.state === 'interrupted' || has(one, 'kubelet.conf')) return true
      one.unit = undefined
      return false
    })
  }

  private *waitForOthers(one: ModelHost): Flow<void> {
    yield* waitUntil(
      'UNIT_RUNNING',
      function* (this: Steps) {
        return yield* ask(this.world, one, () =>
          one.unit?.state === 'running' && one.unit.operation !== this.operation ? 'kubeadm runs' : undefined,
        )
      }.bind(this),
      40,
    )
  }

  private *runKubeadm(one: ModelHost, kind: 'init' | 'join', clear: () => Flow<void>): Flow<void> {
    const { world } = this
    if ((yield* ask(world, one, () => this.unit(one, kind))) === undefined) {
      yield* this.waitForOthers(one)
      yield* clear()
      yield* ask(world, one, () => {
        if (this.unit(one, kind) === undefined) startKubeadm(one, kind, this.operation)
        world.tell(() => `kubeadm ${kind} starts on ${one.name}`)
      })
    }
    for (;;) {
      const state = yield* ask(world, one, () => this.unit(one, kind)?.state)
      if (state === 'running') continue
      if (state === 'succeeded') return
      yield* ask(world, one, () => {
        if (this.unit(one, kind) !== undefined) one.unit = undefined
      })
      throw new Stop('KUBEADM_FAILED', `kubeadm ${kind} on ${one.name}: ${state ?? 'gone'}`)
    }
  }
}

interface Traces {
  readonly signs: ReadonlySet<Sign>
  readonly etcdData: boolean
  readonly member: JudgedMember | undefined
  readonly node: 'unmarked' | 'marked' | undefined
}

function has(one: ModelHost, sign: Sign): boolean {
  return one.signs.has(sign)
}
