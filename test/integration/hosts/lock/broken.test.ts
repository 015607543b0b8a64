/** Operations whose lock somebody broke: whatever they are at, they change nothing any more. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { QuorateError } from '../../../../src/errors/index.js'
import { runDurably } from '../../../../src/hosts/durable.js'
import { command, script } from '../../../../src/ssh/index.js'
import { EARLIER, LATER, LockScene } from './lock-scene.js'

const scene = LockScene.forEachTest()

describe('an operation whose host lock was broken', () => {
  const lost = { code: 'LOCK_LOST', message: expect.stringContaining('no longer holds the lock') as string }

  it('writes no file', async () => {
    const path = join(scene.machine.folder, 'file')
    await scene.alice().step(async ({ session }) => {
      await session.writeFile(path, 'before', { mode: 0o600 })
      await scene.breakIt()
      await expect(session.writeFile(path, 'after', { mode: 0o600 })).rejects.toMatchObject(lost)
      await expect(session.removeFile(path)).rejects.toMatchObject(lost)
    })
    expect(readFileSync(path, 'utf8')).toBe('before')
  })

  it('starts no unit and leaves no secret', async () => {
    const failure = () => new QuorateError('KUBEADM_FAILED', 'failed')
    const run = scene.alice().step((context) =>
      runDurably(context, {
        unit: 'kubeadm-init',
        title: 'kubeadm init',
        command: script('echo once >>"$1/marks"', scene.machine.folder),
        prepare: async () => {
          await scene.breakIt()
          return { 'kubeadm.yaml': 'secret' }
        },
        failure,
      }),
    )
    await expect(run).rejects.toMatchObject({ type: 'LOCK_LOST', nonRetryable: true })
    expect(scene.machine.marks()).toBe(0)
    expect(scene.machine.secretFolders()).toEqual([])
  })

  it('changes nothing on other hosts that it works on', async () => {
    const mark = join(scene.machine.folder, 'mark')
    await scene.alice().step(async (context) => {
      const other = await context.sessions.session(scene.host)
      await scene.breakIt()
      await expect(other.run(command('touch', mark), { root: true })).rejects.toMatchObject(lost)
    })
    expect(existsSync(mark)).toBe(false)
  })

  it('does not get the host back, but the next operation does', async () => {
    await scene.alice(EARLIER).lock()
    await scene.breakIt()
    await expect(scene.alice(EARLIER).lock()).rejects.toMatchObject({ type: 'LOCK_LOST' })
    await scene.alice(LATER).lock()
  })

  it('learns who holds the host now', async () => {
    await scene.alice().step(async ({ session }) => {
      await scene.breakIt()
      await scene.bob().lock()
      await expect(session.run(command('true'), { root: true })).rejects.toThrow(
        'operation 01a20879-f92d of cluster/prod of another Temporal server has it now',
      )
    })
  })
})
