/** The operations that change who is a member: applies, removals, and restarts of static pods one after the other. */
import { memberOf } from '../../../src/facts/quorum.js'
import { api, ask, judged, judgeLoss, removeSeen, Stop, waitUntil, type Flow } from './asking.js'
import { fileOf, observed, presenceOf } from './facts.js'
import { reset } from './kubeadm.js'
import { Aborted, Refused, Running } from './running.js'
import type { ModelHost } from './world.js'

/** One run of the product, of any kind. */
export class Operation extends Running {
  /** Makes these hosts the control planes of one cluster. */
  *apply(hosts: readonly ModelHost[]): Flow<void> {
    const { world, decide } = this
    yield
    const file = fileOf(hosts)
    const answering = hosts.filter(({ powered, reachable }) => powered && reachable)
    if (answering.length === 0) throw new Refused('no host answers')
    const facts = answering.map((one) => observed(world, one))
    const presence = presenceOf(world, file, facts)
    const unanswered = hosts.filter((one) => !answering.includes(one)).map(({ name }) => report(name))
    const findings = [
      ...decide.unansweredFindings(file, unanswered, presence, facts),
      ...(presence.kind === 'read' ? decide.strangeMembers(file, presence.standing) : []),
    ].filter(({ severity }) => severity === 'error')
    if (findings[0] !== undefined) throw new Refused(findings[0].message)
    const chosen = decide.firstControlPlane({ ...file, hosts: answering.map(({ host }) => host) }, facts)
    const first = hosts.find(({ name }) => name === chosen.name)
    if (first === undefined) throw new Refused('no control plane')
    this.steps.isKnown = decide.isInitialised(file, facts, presence)
    world.tell(() => `${this.title}: ${first.name} is the first control plane`)
    yield* this.step(first, true, () => this.steps.init(first))
    const joining = answering.filter((one) => one !== first)
    const tasks = joining.map((one) => this.spawn(this.joinStep(one, first)))
    while (tasks.some(({ isDone }) => !isDone)) yield
    yield* this.step(first, true, () => this.verify(first, joining))
  }

  private *joinStep(one: ModelHost, first: ModelHost): Flow<void> {
    try {
      yield* this.step(one, false, () => this.steps.join(one, first), {
        settle: () => this.steps.settleJoin(one, first),
        leaveOut: (isShown) => this.steps.abandon(one, first, isShown ? 'shown' : undefined),
      })
    } catch (error) {
      // The abort ends the whole apply; the part only stops.
      if (!(error instanceof Aborted)) throw error
    }
  }

  private *verify(first: ModelHost, joining: readonly ModelHost[]): Flow<void> {
    for (const left of this.steps.leftOut) yield* this.steps.abandon(left, first, 'late')
    const wanted = [first, ...joining].filter((one) => !this.steps.leftOut.has(one))
    yield* waitUntil(
      'VERIFICATION_FAILED',
      function* (this: Operation): Flow<string | undefined> {
        const { members } = yield* judged(this.world, first)
        const absent = wanted.find((one) => memberOf(members, one.host) === undefined)
        if (absent !== undefined) return `the member of ${absent.name} is missing`
        const ours = members.filter((member) =>
          wanted.some((one) => memberOf([member], one.host) !== undefined),
        )
        return this.decide.wholenessObstacle(ours)?.reason
      }.bind(this),
    )
  }

  /** Takes control planes out: the member first, the host next, the node last. */
  *remove(leaving: ModelHost, isDead: boolean): Flow<void> {
    const { world } = this
    yield
    const others = world.hosts.filter((one) => one !== leaving && world.api(one)?.configured === true)
    const via = others.find(({ powered, reachable }) => powered && reachable)
    if (via === undefined) throw new Refused('no other control plane answers')
    this.steps.leftOut.add(leaving)
    yield* this.step(leaving, true, () => this.takeOut(leaving, via))
    if (!isDead) yield* this.step(leaving, true, () => ask(world, leaving, () => reset(world, leaving)))
    yield* this.step(
      leaving,
      true,
      function* (this: Operation): Flow<void> {
        ;(yield* api(world, via)).nodes.delete(leaving.name)
      }.bind(this),
    )
  }

  private *takeOut(leaving: ModelHost, via: ModelHost): Flow<void> {
    const { world } = this
    yield* waitUntil(
      'ETCD_QUORUM_AT_RISK',
      function* (this: Operation): Flow<string | undefined> {
        const sight = yield* judged(this.world, via)
        const member = memberOf(sight.members, leaving.host)
        if (member === undefined) {
          if ((yield* api(world, via)).configured) return undefined
          throw new Stop('ETCD_DATA_LOST', `the API server of ${via.name} serves an empty cluster`, via)
        }
        const others = sight.members.filter((one) => one !== member)
        const obstacle =
          this.decide.unfinishedObstacle(others) ?? this.decide.removalObstacle(sight.members, member)
        if (obstacle !== undefined) return obstacle
        yield* removeSeen(this.world, via, sight, member)
        return undefined
      }.bind(this),
    )
  }

  /** Restarts the static pods of each host in turn, as upgrades and reconfigurations do. */
  *restart(hosts: readonly ModelHost[]): Flow<void> {
    for (const one of hosts) {
      yield* this.step(one, true, () => this.restartOne(one))
      yield* this.step(one, true, () =>
        waitUntil(
          'ETCD_UNHEALTHY',
          function* (this: Operation): Flow<string | undefined> {
            return this.decide.wholenessObstacle((yield* judged(this.world, one)).members)?.reason
          }.bind(this),
        ),
      )
    }
  }

  private *restartOne(one: ModelHost): Flow<void> {
    const { world } = this
    yield* waitUntil(
      'ETCD_QUORUM_AT_RISK',
      function* (this: Operation): Flow<string | undefined> {
        const sight = yield* judged(world, one)
        const member = memberOf(sight.members, one.host)
        if (member === undefined) throw new Stop('NOT_A_MEMBER', `${one.name} is not a member`)
        const obstacle = this.decide.outageObstacle(sight.members, [member])
        if (obstacle !== undefined) return obstacle
        yield* ask(world, one, () => {
          if (one.data === undefined)
            throw new Stop('ETCD_DATA_LOST', `${one.name} has no data to start with`)
          judgeLoss(world, `restarting etcd on ${one.name}`, sight, member, false)
          one.paused = 3
          // What every upgrade writes: a manifest that names only this host.
          one.manifest = { state: 'new', urls: [one.url] }
          world.tell(() => `the static pods of ${one.name} stop for a restart`)
        })
        return undefined
      }.bind(this),
    )
  }
}

function report(host: string) {
  const definition = { source: 'environment', hint: '' } as const
  return { code: 'SSH_UNREACHABLE', message: 'no answer', host, ...definition } as const
}
