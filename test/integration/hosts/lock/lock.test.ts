/** Hosts that are held by one operation at a time, over a real sshd; for each test a host that nobody has held yet. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runDurably } from '../../../../src/hosts/durable.js'
import { createActivities } from '../../../../src/activities/index.js'
import { breakLock, readLock } from '../../../../src/hosts/lock/lock.js'
import { onOwnHost, type TemporalServer } from '../../../../src/activities/frame/locked.js'
import { hashCaCertificate } from '../../../../src/hosts/system/pki.js'
import type { HostContext } from '../../../../src/hosts/context.js'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import type { UnitsAtRelease } from '../../../../src/operations/steps.js'
import { QuorateError } from '../../../../src/errors/index.js'
import {
  command,
  createSessionPool,
  runningUnits,
  script,
  type SessionPool,
} from '../../../../src/ssh/index.js'
import { activity, type CalledBy } from '../../../support/activity.js'
import { CA, OTHER_CA } from '../../../support/certificates.js'
import { aCluster } from '../../../support/clusters.js'
import { relocatedPool } from '../../../support/relocated-session.js'
import { freePort } from '../../../support/sshd.js'
import { UnitHost } from '../../../support/unit-host.js'

let machine: UnitHost
let pool: SessionPool
let sessions: SessionPool
let host: Host
beforeEach(async () => {
  machine = await UnitHost.start()
  pool = createSessionPool({ agentSocket: '' })
  sessions = relocatedPool(pool, machine.folder)
  host = machine.session.host
})
afterEach(async () => {
  await pool.close()
  await machine.stop()
})

const OURS = '0b9a4c1e-7f1d-4e62-9a53-2f0f1d5a7c11'
const THEIRS = '77c15d0a-3f6e-4b8b-8a53-6c1f9f2e4b02'

/** An apply of the cluster `prod`, as its activities know it. */
class Apply {
  readonly cluster: Cluster
  private readonly server: TemporalServer
  private readonly run: CalledBy

  constructor(namespaceId: string, startedBy: string, time: string, changes: Partial<Cluster> = {}) {
    this.server = { namespaceId, startedBy: () => Promise.resolve(startedBy) }
    this.run = { workflowId: 'cluster/prod', runId: `${time}-7c2d-b2db-ec823d0fca01` }
    this.cluster = aCluster({ hosts: [host], ...changes })
  }

  get activities() {
    return createActivities({ sessions, server: this.server })
  }

  lock(on: Host = host): Promise<unknown> {
    return activity(() => this.activities.lockHost(this.cluster, on), this.run)
  }

  release(on: Host = host, attempt = 1, units: UnitsAtRelease = 'leave'): Promise<void> {
    return activity(() => this.activities.releaseHost(this.cluster, on, units), { ...this.run, attempt })
  }

  /** Does something on the host that it holds. */
  step<Result>(act: (step: HostContext) => Promise<Result>): Promise<Result> {
    return activity(() => onOwnHost({ sessions, server: this.server }, this.cluster, host, act), this.run)
  }
}

/** A unit of the apply that runs until the machine lets go; what is given settles with its step. */
async function underway(apply: Apply): Promise<{ running: Promise<unknown> }> {
  const line = 'while [ ! -e "$0/go" ] && [ -d "$0" ]; do sleep 0.02; done'
  const failure = () => new QuorateError('KUBEADM_FAILED', 'failed')
  const held = command('sh', '-c', line, machine.folder)
  const running = apply.step((step) =>
    runDurably(step, { unit: 'kubeadm-init', title: 'kubeadm init', command: held, failure }),
  )
  running.catch(() => undefined)
  await expect
    .poll(() => existsSync(join(machine.folder, 'state', 'journal')), { timeout: 20_000 })
    .toBe(true)
  return { running }
}

const EARLIER = '01a20876-49e0'
const LATER = '01a20879-f92d'
const alice = (time = EARLIER, changes: Partial<Cluster> = {}) =>
  new Apply(OURS, 'alice@laptop', time, changes)
const bob = (time = LATER) => new Apply(THEIRS, 'bob@desk', time)

/** Takes the host from whoever has it, as `quorate unlock` does. */
async function breakIt(): Promise<void> {
  const lock = await readLock(machine.session)
  if (lock === undefined) throw new Error('nobody has the host')
  expect(await breakLock(machine.session, lock)).toBe(true)
}

describe('a host', () => {
  it('is refused to an operation of another Temporal server, which is told who has it', async () => {
    await alice().lock()
    await expect(bob().lock()).rejects.toMatchObject({
      type: 'HOST_LOCKED',
      nonRetryable: true,
      message: expect.stringMatching(
        /^host1: the host is locked by operation 01a20876-49e0 of cluster\/prod of another Temporal server, started by alice@laptop, since \d{4}-\S+Z; nothing of it runs there now$/,
      ) as string,
    })
  })

  it('is refused with the names of units that still run', async () => {
    const { running } = await underway(alice())
    await expect(bob().lock()).rejects.toThrow('quorate-01a20876-49e0-kubeadm-init-1 runs there now')
    machine.letGo()
    await running
  })

  it('is given to exactly one of two that ask at the same time, and the other is told who has it', async () => {
    const rounds = 50
    const won = { alice: 0, bob: 0 }
    for (let round = 0; round < rounds; round += 1) {
      const [ours, theirs] = [alice(), bob()]
      const outcomes = await Promise.allSettled(
        round % 2 === 0 ? [ours.lock(), theirs.lock()] : [theirs.lock(), ours.lock()],
      )
      const winner = (await readLock(machine.session))?.startedBy === 'alice@laptop' ? 'alice' : 'bob'
      won[winner] += 1
      const losses = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
      expect(losses).toHaveLength(1)
      expect(losses[0]).toMatchObject({
        type: 'HOST_LOCKED',
        message: expect.stringContaining(winner === 'alice' ? 'alice@laptop' : 'bob@desk') as string,
      })
      await (winner === 'alice' ? ours : theirs).release()
    }
    expect(won.alice + won.bob).toBe(rounds)
  }, 180_000)

  it('stays with the operation through all of its activities and their attempts', async () => {
    await alice().lock()
    await alice().lock()
    expect(await alice().step(({ session }) => session.run(command('true'), { root: true }))).toMatchObject({
      exitCode: 0,
    })
  })

  it('goes from an operation to the next one of the same cluster, whose predecessor ended without a word', async () => {
    await alice(EARLIER).lock()
    await alice(LATER).lock()
    expect(await readLock(machine.session)).toMatchObject({ operation: LATER })
    await expect(alice(EARLIER).lock()).rejects.toMatchObject({
      type: 'LOCK_LOST',
      nonRetryable: true,
      message: expect.stringContaining('operation 01a20879-f92d of cluster/prod has it now') as string,
    })
  })

  it.each(['d07be34c-ab9f', '00a1b2c3-d4e5'])(
    'goes to the run of a reset, whose id is random, and from there to the next operation: %s',
    async (reset) => {
      for (const operation of [EARLIER, reset, LATER]) {
        await alice(operation).lock()
        expect(await readLock(machine.session)).toMatchObject({ operation })
      }
    },
  )

  it('is free again once it was released', async () => {
    await alice().lock()
    await alice().release()
    await bob().lock()
  })

  it('is left by the units of an operation that was cancelled while its worker was dead', async () => {
    const { running } = await underway(alice())
    await alice().release(host, 1, 'stop')
    await expect(running).rejects.toThrow()
    expect(await runningUnits(machine.session)).toEqual([])
    expect(await readLock(machine.session)).toBeUndefined()
  })

  it('is not released by an operation that does not have it', async () => {
    await alice(LATER).lock()
    await bob().release()
    await alice(EARLIER).release()
    expect(await readLock(machine.session)).toMatchObject({ startedBy: 'alice@laptop', operation: LATER })
  })

  it('that cannot be reached does not keep an operation from ending', async () => {
    const gone = machine.sshd.host({ port: await freePort() }, 'gone')
    await alice().release(gone)
  })

  it('may be looked at by anybody', async () => {
    await alice().lock()
    const { gatherFacts } = bob().activities
    const facts = await activity(() => gatherFacts(bob().cluster, host))
    expect(facts.host).toBe(host.name)
  })
})

describe('after its lock was broken, an operation', () => {
  const lost = { code: 'LOCK_LOST', message: expect.stringContaining('does not hold the lock') as string }

  it('writes no file', async () => {
    const path = join(machine.folder, 'file')
    await alice().step(async ({ session }) => {
      await session.writeFile(path, 'before', { mode: 0o600 })
      await breakIt()
      await expect(session.writeFile(path, 'after', { mode: 0o600 })).rejects.toMatchObject(lost)
      await expect(session.removeFile(path)).rejects.toMatchObject(lost)
    })
    expect(readFileSync(path, 'utf8')).toBe('before')
  })

  it('starts no unit, and leaves no secret', async () => {
    const failure = () => new QuorateError('KUBEADM_FAILED', 'failed')
    const run = alice().step((step) =>
      runDurably(step, {
        unit: 'kubeadm-init',
        title: 'kubeadm init',
        command: script('echo once >>"$1/marks"', machine.folder),
        prepare: async () => {
          await breakIt()
          return { 'kubeadm.yaml': 'secret' }
        },
        failure,
      }),
    )
    await expect(run).rejects.toMatchObject({ type: 'LOCK_LOST', nonRetryable: true })
    expect(machine.marks()).toBe(0)
    expect(machine.secretFolders()).toEqual([])
  })

  it('changes nothing on other hosts that it had asked for', async () => {
    const mark = join(machine.folder, 'mark')
    await alice().step(async (step) => {
      const other = await step.sessions.session(host)
      await breakIt()
      await expect(other.run(command('touch', mark), { root: true })).rejects.toMatchObject(lost)
    })
    expect(existsSync(mark)).toBe(false)
  })

  it('does not get the host again, but the next one does', async () => {
    await alice(EARLIER).lock()
    await breakIt()
    await expect(alice(EARLIER).lock()).rejects.toMatchObject({ type: 'LOCK_LOST' })
    await alice(LATER).lock()
  })

  it('is told who has the host now', async () => {
    await alice().step(async ({ session }) => {
      await breakIt()
      await bob().lock()
      await expect(session.run(command('true'), { root: true })).rejects.toThrow(
        'operation 01a20879-f92d of cluster/prod of another Temporal server has it now',
      )
    })
  })
})

describe('before it is locked, a host', () => {
  const certificate = () => join(machine.folder, 'kubernetes', 'pki', 'ca.crt')
  function hasCa(text: string): void {
    mkdirSync(join(machine.folder, 'kubernetes', 'pki'), { recursive: true })
    writeFileSync(certificate(), text)
  }
  const untouched = () => !existsSync(join(machine.folder, 'state', 'lock'))

  it('must be the machine that the operation knows', async () => {
    writeFileSync(join(machine.folder, 'machine-id'), 'b1946ac92492d2347c6235b4d2611184\n')
    await alice().lock({ ...host, machineId: 'b1946ac92492d2347c6235b4d2611184' })
    await alice().release()
    await expect(
      alice().lock({ ...host, machineId: '591785b794601e212b260e25925636fd' }),
    ).rejects.toMatchObject({
      type: 'HOST_CHANGED',
      nonRetryable: true,
      message: expect.stringContaining('b1946ac92492d2347c6235b4d2611184') as string,
    })
    expect(untouched()).toBe(true)
  })

  it('must not have the CA of another cluster', async () => {
    hasCa(OTHER_CA)
    const operation = alice(EARLIER, { caHash: hashCaCertificate(CA) })
    await expect(operation.lock()).rejects.toMatchObject({ type: 'FOREIGN_CLUSTER', nonRetryable: true })
    expect(untouched()).toBe(true)
    hasCa(CA)
    await operation.lock()
    await operation.lock()
  })

  it('may have no CA yet, or what a power cut left of one', async () => {
    const operation = alice(EARLIER, { caHash: hashCaCertificate(CA) })
    await operation.lock()
    hasCa('')
    await operation.lock()
    rmSync(certificate())
    await operation.lock()
  })

  it('must not be claimed by another cluster', async () => {
    mkdirSync(join(machine.folder, 'state'))
    writeFileSync(join(machine.folder, 'state', 'cluster'), 'staging\n')
    const failure = await alice()
      .lock()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ApplicationFailure)
    expect(failure).toMatchObject({
      type: 'FOREIGN_CLUSTER',
      message: 'host1: the host is claimed by the cluster staging',
    })
    expect(untouched()).toBe(true)
  })
})
