/** A host over a real sshd that nobody has locked yet, and applies of two Temporal servers that want it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { createActivities } from '../../../../src/activities/index.js'
import { onOwnHost, type TemporalServer } from '../../../../src/activities/frame/locked.js'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import { QuorateError } from '../../../../src/errors/index.js'
import type { HostContext } from '../../../../src/hosts/context.js'
import { runDurably } from '../../../../src/hosts/durable.js'
import { breakLock, readLock } from '../../../../src/hosts/lock/lock.js'
import type { UnitsAtRelease } from '../../../../src/operations/steps.js'
import { command, createSessionPool, type SessionPool } from '../../../../src/ssh/index.js'
import { activity, type CalledBy } from '../../../support/activity.js'
import { aCluster } from '../../../support/clusters.js'
import { poolInFolder } from '../../../support/session-in-folder.js'
import { UnitHost } from '../../../support/unit-host.js'

const OURS = '0b9a4c1e-7f1d-4e62-9a53-2f0f1d5a7c11'
const THEIRS = '77c15d0a-3f6e-4b8b-8a53-6c1f9f2e4b02'
/** Operation ids, as the time begins them. */
export const EARLIER = '01a20876-49e0'
export const LATER = '01a20879-f92d'

/** One host for each test. */
export class LockScene {
  machine!: UnitHost
  sessions!: SessionPool
  private pool!: SessionPool

  static forEachTest(): LockScene {
    const scene = new LockScene()
    beforeEach(async () => {
      scene.machine = await UnitHost.start()
      scene.pool = createSessionPool({ agentSocket: '' })
      scene.sessions = poolInFolder(scene.pool, scene.machine.folder)
    })
    afterEach(async () => {
      await scene.pool.close()
      await scene.machine.stop()
    })
    return scene
  }

  get host(): Host {
    return this.machine.session.host
  }

  alice(time = EARLIER, changes: Partial<Cluster> = {}): Apply {
    return new Apply(this, OURS, 'alice@laptop', time, changes)
  }

  /** Works with another Temporal server than Alice. */
  bob(time = LATER): Apply {
    return new Apply(this, THEIRS, 'bob@desk', time)
  }

  /** Takes the host from whoever has it, as `quorate unlock` does. */
  async breakIt(): Promise<void> {
    const lock = await readLock(this.machine.session)
    if (lock === undefined) throw new Error('nobody has the host')
    expect(await breakLock(this.machine.session, lock)).toBe(true)
  }

  /** A unit of the apply that runs until the machine lets go; what is given settles with its step. */
  async underway(apply: Apply): Promise<{ running: Promise<unknown> }> {
    const { folder } = this.machine
    const line = 'while [ ! -e "$0/go" ] && [ -d "$0" ]; do sleep 0.02; done'
    const failure = () => new QuorateError('KUBEADM_FAILED', 'failed')
    const held = command('sh', '-c', line, folder)
    const running = apply.step((context) =>
      runDurably(context, { unit: 'kubeadm-init', title: 'kubeadm init', command: held, failure }),
    )
    running.catch(() => undefined)
    await expect.poll(() => existsSync(join(folder, 'state', 'journal')), { timeout: 20_000 }).toBe(true)
    return { running }
  }
}

/** An apply of the cluster `prod`, as its activities know it. */
export class Apply {
  readonly cluster: Cluster
  private readonly server: TemporalServer
  private readonly scene: LockScene
  private readonly run: CalledBy

  constructor(
    scene: LockScene,
    namespaceId: string,
    startedBy: string,
    time: string,
    changes: Partial<Cluster> = {},
  ) {
    this.scene = scene
    this.server = { namespaceId, startedBy: () => Promise.resolve(startedBy) }
    this.run = { workflowId: 'cluster/prod', runId: `${time}-7c2d-b2db-ec823d0fca01` }
    this.cluster = aCluster({ hosts: [scene.host], ...changes })
  }

  get activities() {
    return createActivities({ sessions: this.scene.sessions, server: this.server })
  }

  lock(on: Host = this.scene.host): Promise<unknown> {
    return activity(() => this.activities.lockHost(this.cluster, on), this.run)
  }

  release(on: Host = this.scene.host, attempt = 1, units: UnitsAtRelease = 'leave'): Promise<void> {
    return activity(() => this.activities.releaseHost(this.cluster, on, units), { ...this.run, attempt })
  }

  /** Does something on the host that it holds. */
  step<Result>(act: (context: HostContext) => Promise<Result>): Promise<Result> {
    const { sessions, host } = this.scene
    return activity(() => onOwnHost({ sessions, server: this.server }, this.cluster, host, act), this.run)
  }
}
