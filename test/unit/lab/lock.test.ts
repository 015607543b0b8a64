/** The lock of the lab's cache. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withLock } from '../../../lab/lock.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorate-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the lock of a fleet', () => {
  it('admits one action at a time', async () => {
    let inside = 0
    let most = 0
    const action = async () => {
      most = Math.max(most, ++inside)
      await readdir(folder)
      inside--
    }
    await Promise.all(Array.from({ length: 3 }, () => withLock(join(folder, 'lock'), action)))
    expect(most).toBe(1)
  })

  it('leaves nothing behind, even if the action fails', async () => {
    const failing = withLock(join(folder, 'lock'), () => Promise.reject(new Error('no luck')))
    await expect(failing).rejects.toThrow('no luck')
    expect(await readdir(folder)).toEqual([])
  })

  it('is taken over from a process that is gone', async () => {
    await writeFile(join(folder, 'lock'), '4194305 17')
    expect(await withLock(join(folder, 'lock'), () => Promise.resolve('in'))).toBe('in')
  })

  it('is taken over if its pid now belongs to another process', async () => {
    await writeFile(join(folder, 'lock'), `${process.pid} 17`)
    expect(await withLock(join(folder, 'lock'), () => Promise.resolve('in'))).toBe('in')
  })
})
