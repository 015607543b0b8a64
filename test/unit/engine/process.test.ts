/** Processes of the engine, and the environment of its server. */
import { spawn, type ChildProcess } from 'node:child_process'
import { describe, expect, it, vi } from 'vitest'
import { serverEnvironment } from '../../../src/engine/environment.js'
import { identify, isAlive, posixStartTime, stop } from '../../../src/engine/process.js'

async function running(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['60'])
  await new Promise((resolve) => child.once('spawn', resolve))
  return child as ChildProcess & { pid: number }
}

describe('the environment of the Temporal server', () => {
  it('contains no secrets of the caller', () => {
    const environment = { PATH: '/bin', HOME: '/root', SSH_PASSWORD: 'hunter2', TEMPORAL_API_KEY: 'key' }
    expect(serverEnvironment(environment)).toEqual({ PATH: '/bin', HOME: '/root' })
  })
})

describe('a process of the engine', () => {
  it('is not confused with another process that has its pid', async () => {
    const child = await running()
    const identity = identify(child.pid)
    expect(identity).toBeDefined()
    expect(isAlive({ pid: child.pid, startedAt: 'an earlier time' })).toBe(false)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(identity === undefined ? undefined : isAlive(identity)).toBe(false)
  })

  it('has the same start time in every time zone and language of ps', async () => {
    const child = await running()
    try {
      const seen = ['UTC', 'Asia/Tokyo', 'America/New_York'].map((zone) => {
        vi.stubEnv('TZ', zone).stubEnv('LC_ALL', 'de_DE.UTF-8').stubEnv('LC_TIME', 'fr_FR.UTF-8')
        return posixStartTime(child.pid)
      })
      expect(seen[0]).toMatch(/\d\d:\d\d:\d\d 20\d\d$/)
      expect(new Set(seen).size).toBe(1)
    } finally {
      vi.unstubAllEnvs()
      child.kill('SIGKILL')
    }
  })

  it('is not stopped if its pid now belongs to another process', async () => {
    const child = await running()
    await stop({ pid: child.pid, startedAt: 'an earlier time' }, 1_000)
    expect(identify(child.pid)).toBeDefined()
    child.kill('SIGKILL')
  })

  it('is killed if it ignores SIGTERM', async () => {
    const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'])
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const identity = identify(child.pid ?? 0)
    if (identity === undefined) throw new Error('it did not start')
    await stop(identity, 100)
    expect(isAlive(identity)).toBe(false)
  })
})
