/** kubeadm as a unit on a host: it outlives whoever started it, and is attached to. */
import { ask, Stop, waitUntil, type Flow } from './asking.js'
import { startKubeadm } from './kubeadm.js'
import type { ModelHost, World } from './world.js'

/** The units of one operation. */
export class Units {
  readonly world: World
  readonly operation: number

  constructor(world: World, operation: number) {
    this.world = world
    this.operation = operation
  }

  protected unit(one: ModelHost, kind: 'init' | 'join') {
    const { unit } = one
    return unit?.operation === this.operation && unit.kind === kind ? unit : undefined
  }

  /** Whether kubeadm was started in this operation, and runs or has left a trace. */
  protected *isUnderway(one: ModelHost, kind: 'init' | 'join'): Flow<boolean> {
    yield* this.waitForOthers(one)
    return yield* ask(this.world, one, () => {
      const unit = this.unit(one, kind)
      if (unit === undefined) return false
      if (unit.state === 'running' || unit.state === 'interrupted' || one.signs.has('kubelet.conf'))
        return true
      one.unit = undefined
      return false
    })
  }

  protected *waitForOthers(one: ModelHost): Flow<void> {
    yield* waitUntil(
      'UNIT_RUNNING',
      function* (this: Units) {
        return yield* ask(this.world, one, () =>
          one.unit?.state === 'running' && one.unit.operation !== this.operation ? 'kubeadm runs' : undefined,
        )
      }.bind(this),
      40,
    )
  }

  protected *runKubeadm(one: ModelHost, kind: 'init' | 'join', clear: () => Flow<void>): Flow<void> {
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
