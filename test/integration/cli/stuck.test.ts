/** A run that cannot hear, through the CLI as a process: what is said of it, and how it is ended. */
import { describe, expect, it, vi } from 'vitest'
import type { Operation } from '../../../src/client/operation.js'
import { quorate } from '../../support/quorate.js'
import { PATIENCE, TinyScene } from '../../support/tiny-scene.js'

// A workflow task that fails is tried again only after its time-out of 10 s, and then after pauses that grow.
vi.setConfig({ testTimeout: 300_000 })

const scene = TinyScene.forFile({ workers: 'on demand' })
const RENAMED = /Activity type of scheduled event 'work' does not match/

function run(...args: string[]) {
  return quorate([...args, '--address', scene.server.address])
}

/** A run whose hosts are done, on a worker that calls the steps by other names. */
async function startAndUpgrade(): Promise<Operation> {
  await scene.startWorker()
  const operation = await scene.start()
  await expect.poll(async () => (await operation.describe()).steps.length, PATIENCE).toBe(2)
  await scene.stopWorker()
  scene.controls.finished = true
  await scene.startWorker('later')
  for await (const { taskFailure } of operation.watch()) if ((taskFailure?.attempts ?? 0) >= 2) break
  return operation
}

describe('a run whose workflow task fails', () => {
  it('is reported with the cause by status, list, doctor and attach, and cancel says that nobody hears it', async () => {
    const operation = await startAndUpgrade()
    const { cluster } = operation
    const status = await run('status', cluster)
    expect(status.stdout).toContain(`apply of ${cluster}: running, workflow task fails`)
    expect(status.stdout).toMatch(RENAMED)
    expect(status.stdout).toContain(`quorate cancel --force ${cluster}`)
    expect(status.exitCode).toBe(3)

    const json = await run('status', cluster, '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({
      reach: 'failing',
      taskFailure: { cause: expect.stringMatching(RENAMED) as string },
      stuck: { reason: 'failing' },
    })

    const list = await run('status', '--all')
    expect(list.stdout).toMatch(new RegExp(`${cluster} +running, workflow task fails`))

    const doctor = await run('doctor')
    expect(doctor.stdout).toMatch(
      new RegExp(`✘ open runs +apply of ${cluster}: its workflow task fails on quorate-`),
    )
    expect(doctor.exitCode).toBe(1)

    const attached = await run('attach', cluster, '--on-blocked', 'exit')
    expect(attached.stdout).toMatch(RENAMED)
    expect(attached.exitCode).toBe(3)

    const cancelled = await run('cancel', cluster)
    expect(cancelled.stdout).toBe('')
    expect(cancelled.stderr).toContain(
      `${cluster} was asked to stop, but cannot react: its workflow task fails`,
    )
    expect(cancelled.stderr).toContain(`quorate cancel --force ${cluster}`)
    expect(cancelled.exitCode).toBe(1)
    await operation.terminate('the test is over')
  })

  it('is ended by cancel --force, which asks or takes --yes, and shows the last known step of each host', async () => {
    const operation = await startAndUpgrade()
    const { cluster } = operation
    const asked = await run('cancel', '--force', cluster)
    expect([asked.exitCode, asked.stderr]).toEqual([
      2,
      expect.stringContaining('add --yes to end it without asking'),
    ])
    expect((await operation.describe()).state).toBe('running')

    const ended = await run('cancel', '--force', '--yes', cluster)
    expect(ended.stdout).toMatch(/cp1 +work +done\nw1 +work +done\n/)
    expect(ended.stdout).toContain('The hosts are still locked by it')
    expect(ended.stdout).toContain(`quorate unlock ${cluster}`)
    expect(ended.exitCode).toBe(0)
    expect(await operation.describe()).toMatchObject({ state: 'cancelled' })

    const again = await run('cancel', '--force', '--yes', cluster)
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('(OPERATION_ENDED)')])
  })
})

describe('a run without a worker', () => {
  it('makes cancel say that nobody hears it, and --force ends the run', async () => {
    await scene.startWorker()
    const operation = await scene.startBlocked('w1')
    const { cluster } = operation
    await scene.stopWorker()
    const cancelled = await run('cancel', cluster, '--json')
    expect(JSON.parse(cancelled.stdout)).toMatchObject({ asked: cluster, stuck: { reason: 'busy' } })
    expect(cancelled.exitCode).toBe(1)
    const ended = await run('cancel', '--force', '--yes', '--json', cluster)
    expect(JSON.parse(ended.stdout)).toMatchObject({
      terminated: cluster,
      hosts: [
        { host: 'cp1', step: 'work', state: 'done' },
        { host: 'w1', step: 'work', state: 'failed' },
      ],
    })
  })
})
