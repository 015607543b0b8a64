/** Hosts that are locked by one operation at a time. */
import { describe, expect, it } from 'vitest'
import { readLock } from '../../../../src/hosts/lock/lock.js'
import { command, runningUnits } from '../../../../src/ssh/index.js'
import { activity } from '../../../support/activity.js'
import { freePort } from '../../../support/sshd.js'
import { EARLIER, LATER, LockScene } from './lock-scene.js'

const scene = LockScene.forEachTest()

describe('a host lock', () => {
  it('is refused to an operation of another Temporal server, with the name of the holder', async () => {
    await scene.alice().lock()
    await expect(scene.bob().lock()).rejects.toMatchObject({
      type: 'HOST_LOCKED',
      nonRetryable: true,
      message: expect.stringMatching(
        /^host1: the host is locked by operation 01a20876-49e0 of cluster\/prod of another Temporal server, started by alice@laptop, since \d{4}-\S+Z; it runs nothing there now$/,
      ) as string,
    })
  })

  it('is refused with the names of units that still run', async () => {
    const { running } = await scene.underway(scene.alice())
    await expect(scene.bob().lock()).rejects.toThrow('quorate-01a20876-49e0-kubeadm-init-1 runs there now')
    scene.machine.letGo()
    await running
  })

  it('is granted to exactly one of two concurrent requests, and the other learns the holder', async () => {
    const rounds = 50
    const won = { alice: 0, bob: 0 }
    for (let round = 0; round < rounds; round += 1) {
      const [ours, theirs] = [scene.alice(), scene.bob()]
      const outcomes = await Promise.allSettled(
        round % 2 === 0 ? [ours.lock(), theirs.lock()] : [theirs.lock(), ours.lock()],
      )
      const winner = (await readLock(scene.machine.session))?.startedBy === 'alice@laptop' ? 'alice' : 'bob'
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

  it('stays with the operation through all of its activities and attempts', async () => {
    await scene.alice().lock()
    await scene.alice().lock()
    expect(
      await scene.alice().step(({ session }) => session.run(command('true'), { root: true })),
    ).toMatchObject({
      exitCode: 0,
    })
  })

  it('goes to the next operation of the same cluster after one that ended without a release', async () => {
    await scene.alice(EARLIER).lock()
    await scene.alice(LATER).lock()
    expect(await readLock(scene.machine.session)).toMatchObject({ operation: LATER })
    await expect(scene.alice(EARLIER).lock()).rejects.toMatchObject({
      type: 'LOCK_LOST',
      nonRetryable: true,
      message: expect.stringContaining('operation 01a20879-f92d of cluster/prod has it now') as string,
    })
  })

  it.each(['d07be34c-ab9f', '00a1b2c3-d4e5'])(
    'goes to a reset run, whose id is random, and from there to the next operation: %s',
    async (reset) => {
      for (const operation of [EARLIER, reset, LATER]) {
        await scene.alice(operation).lock()
        expect(await readLock(scene.machine.session)).toMatchObject({ operation })
      }
    },
  )

  it('is free after its release', async () => {
    await scene.alice().lock()
    await scene.alice().release()
    await scene.bob().lock()
  })

  it('is released, with its units stopped, if the operation was cancelled while its worker was dead', async () => {
    const { running } = await scene.underway(scene.alice())
    await scene.alice().release(scene.host, 1, 'stop')
    await expect(running).rejects.toThrow()
    expect(await runningUnits(scene.machine.session)).toEqual([])
    expect(await readLock(scene.machine.session)).toBeUndefined()
  })

  it('is not released by an operation that does not hold it', async () => {
    await scene.alice(LATER).lock()
    await scene.bob().release()
    await scene.alice(EARLIER).release()
    expect(await readLock(scene.machine.session)).toMatchObject({
      startedBy: 'alice@laptop',
      operation: LATER,
    })
  })

  it('on a host that cannot be reached does not prevent the operation from ending', async () => {
    const gone = scene.machine.sshd.host({ port: await freePort() }, 'gone')
    await scene.alice().release(gone)
  })

  it('can be read by anybody', async () => {
    await scene.alice().lock()
    const { gatherFacts } = scene.bob().activities
    const facts = await activity(() => gatherFacts(scene.bob().cluster, scene.host))
    expect(facts.host).toBe(scene.host.name)
  })
})
