import { describe, expect, it } from 'vitest'
import { ReplacedHost } from '../../support/replaced-host.js'
import { JOINS, LEAVES, replacing } from './replacing.js'
import { decide, failure, progressOf, result, untilParked } from '../../support/conversation.js'
import { eventually } from '../../support/eventually.js'
import { failing, fakeActivities } from '../../support/fake-activities.js'
import { TemporalScene } from '../../support/temporal-scene.js'
import { begun } from './journal.js'

const temporal = TemporalScene.forFile()

describe('a replacement of a machine that is alive', () => {
  it('takes it out, waits until it is reinstalled, and lets the new one join, each in its order', async () => {
    const host = new ReplacedHost('cp2', 'alive')
    const { journal, outcome } = await replacing(temporal, host, {}, async (run, all) => {
      const parked = await untilParked(run, 'new-machine/cp2')
      const before = begun(all)
      host.reinstall()
      await decide(run, 'retryStep')
      return { parked, before, ...(await result(run)) }
    })
    expect(outcome.parked?.error.code).toBe('MACHINE_AWAITED')
    expect(outcome.before).toEqual(['snapshot cp1 v1.36.3', ...LEAVES('cp2', 'cp1,cp3')])
    expect(begun(journal).slice(outcome.before.length)).toEqual(JOINS('cp2'))
    expect(outcome).toMatchObject({
      changed: true,
      how: 'replaced',
      machine: { old: 'machine-cp2', new: 'fresh-cp2' },
    })
  })

  it('waits on while the old machine answers, and while nothing does', async () => {
    const host = new ReplacedHost('cp2', 'alive')
    const { outcome } = await replacing(temporal, host, {}, async (run) => {
      const told = [(await untilParked(run, 'new-machine/cp2'))?.error.message]
      host.vanish()
      await decide(run, 'retryStep')
      await eventually(
        async () => (await progressOf(run)).blocked[0]?.error.message.includes('does not answer at') === true,
        'the silence is told',
      )
      told.push((await progressOf(run)).blocked[0]?.error.message)
      host.reinstall()
      await decide(run, 'retryStep')
      await result(run)
      return told
    })
    expect(outcome).toEqual([
      expect.stringContaining('answers still: reinstall or exchange it now'),
      expect.stringContaining('the new machine does not answer at 192.0.2.12 yet'),
    ])
  })

  it('cannot be ended by a skip once the machine is out', async () => {
    const host = new ReplacedHost('cp2', 'alive')
    const { outcome } = await replacing(temporal, host, {}, async (run) => {
      const parked = await untilParked(run, 'new-machine/cp2')
      await decide(run, 'abort', { reason: 'next week' })
      return { parked, failure: await failure(run) }
    })
    expect(outcome.parked?.notSkippable).toContain('the cluster is whole without the host')
    expect(outcome.failure.type).toBe('OPERATION_ABORTED')
  })

  it('does not wait in place', async () => {
    const host = new ReplacedHost('w1', 'alive')
    const { journal, outcome } = await replacing(temporal, host, { request: { inPlace: true } }, result)
    expect(begun(journal)).toEqual([
      'drain w1',
      'reset w1',
      'delete w1',
      'give back w1',
      'prepare w1',
      'test from w1',
      'join w1',
      'cluster DNS',
      'verify cp1,cp2,cp3,w1,w2,lb1',
    ])
    expect(outcome.machine).toEqual({ old: 'machine-w1', new: 'machine-w1' })
  })

  it('keeps it if the operator decides so at a drain that is blocked', async () => {
    const host = new ReplacedHost('w1', 'alive')
    const hosts = fakeActivities()
    const activities = { drainNode: failing(hosts.activities.drainNode, 'w1') }
    const { journal, outcome } = await replacing(temporal, host, { hosts, activities }, async (run) => {
      await untilParked(run, 'drain/w1')
      await decide(run, 'skipStep', { step: 'drain/w1', reason: 'needed' })
      return result(run)
    })
    expect(outcome.how).toBe('kept')
    expect(journal).toContain('keep w1 ends')
    expect(journal).not.toContain('prepare w1 begins')
  })
})

describe('a replacement of a machine that was reinstalled before', () => {
  it.each(['cp1', 'cp2', 'cp3'])('never initialises %s, and never waits', async (name) => {
    const { journal } = await replacing(temporal, new ReplacedHost(name, 'reinstalled'), {}, result)
    const others = ['cp1', 'cp2', 'cp3'].filter((one) => one !== name).join()
    expect(begun(journal)).toEqual([
      `snapshot ${name === 'cp1' ? 'cp2' : 'cp1'} v1.36.3`,
      ...LEAVES(name, others).filter((step) => !/^(?:reset|give back)/.test(step)),
      ...JOINS(name),
    ])
  })

  it('goes on with the join alone where an earlier one had taken the old machine out', async () => {
    const host = new ReplacedHost('cp2', 'reinstalled')
    host.leave()
    const { journal } = await replacing(temporal, host, {}, result)
    expect(begun(journal)).toEqual(JOINS('cp2'))
  })

  it('waits where the new host key is not known, and says where it belongs', async () => {
    const host = new ReplacedHost('cp2', 'key-changed')
    const { outcome } = await replacing(temporal, host, {}, async (run) => {
      const parked = await untilParked(run, 'new-machine/cp2')
      host.reinstall()
      await decide(run, 'retryStep')
      await result(run)
      return parked
    })
    expect(outcome?.error.code).toBe('SSH_HOST_KEY_CHANGED')
    expect(outcome?.error.hint).toContain('/home/ops/.ssh/known_hosts is read again')
  })

  it('parks with everything that makes the new machine unfit, and goes on once that is fixed', async () => {
    const host = new ReplacedHost('cp2', 'alive')
    const { outcome } = await replacing(temporal, host, {}, async (run) => {
      await untilParked(run, 'new-machine/cp2')
      host.reinstall({ freeMiB: 10 })
      await decide(run, 'retryStep')
      await eventually(
        async () => (await progressOf(run)).blocked[0]?.error.code === 'PREFLIGHT_FAILED',
        'the problem is told',
      )
      const { blocked } = await progressOf(run)
      host.reinstall()
      await decide(run, 'retryStep')
      return { blocked, ...(await result(run)) }
    })
    expect(outcome.blocked[0]?.error.problems).toMatchObject([{ host: 'cp2' }])
    expect(outcome.how).toBe('replaced')
  })
})
