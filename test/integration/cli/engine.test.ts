/** The embedded engine as its user meets it: through the CLI as a process, in a folder of its own. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identify } from '../../../src/engine/process.js'
import { quorate } from '../../support/quorate.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-engine-'))
const environment = { QUORATE_HOME: folder }

interface Status {
  readonly running: boolean
  readonly serverPid?: number
  readonly workerPid?: number
  readonly supervisorPid?: number
  readonly address: string
}

async function status(): Promise<Status> {
  const { stdout } = await quorate(['engine', 'status', '--json'], environment)
  return JSON.parse(stdout) as Status
}

async function pids(): Promise<{ serverPid: number; workerPid: number }> {
  const { serverPid, workerPid } = await status()
  if (serverPid === undefined || workerPid === undefined) throw new Error('the engine does not run')
  return { serverPid, workerPid }
}

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL')
}

beforeAll(async () => {
  const { exitCode, stderr } = await quorate(['engine', 'start'], environment)
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
})
afterAll(async () => {
  await quorate(['engine', 'stop'], environment)
  rmSync(folder, { recursive: true, force: true })
})

describe('the embedded engine', () => {
  it('restricts its folder, database and logs to its owner', () => {
    const modes = ['.', 'engine.db', 'engine.json', 'server.log', 'worker.log'].map((name) => {
      return [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]
    })
    expect(modes).toEqual([
      ['.', '700'],
      ['engine.db', '600'],
      ['engine.json', '600'],
      ['server.log', '600'],
      ['worker.log', '600'],
    ])
  })

  it('is found healthy by the doctor', async () => {
    const { stdout, exitCode } = await quorate(['doctor', '--json'], environment)
    const checks = JSON.parse(stdout) as { name: string; status: string }[]
    const states = Object.fromEntries(checks.map(({ name, status }) => [name, status]))
    expect(states).toMatchObject({
      'Temporal CLI': 'ok',
      'engine worker': 'ok',
      Temporal: 'ok',
      namespace: 'ok',
      worker: 'ok',
      'search attributes': 'ok',
    })
    expect(exitCode).toBe(0)
  })

  it('is unchanged by a second start', async () => {
    const before = await pids()
    await quorate(['engine', 'start'], environment)
    expect(await pids()).toEqual(before)
  })

  it('is repaired by the next command after its worker was killed', async () => {
    const before = await pids()
    kill(before.workerPid)
    await quorate(['status', '--all'], environment)
    const after = await pids()
    expect(after.serverPid).toBe(before.serverPid)
    expect(after.workerPid).not.toBe(before.workerPid)
  })

  it('is repaired at the same address by the next command after all of it was killed', async () => {
    const before = { ...(await pids()), address: (await status()).address }
    kill(before.serverPid)
    kill(before.workerPid)
    await quorate(['status', '--all'], environment)
    const after = await status()
    expect(after).toMatchObject({ running: true, address: before.address })
    expect(after.serverPid).not.toBe(before.serverPid)
  })

  it('restarts its own processes that die, without another command', async () => {
    const before = await pids()
    kill(before.workerPid)
    await expect
      .poll(async () => (await status()).workerPid ?? before.workerPid, { timeout: 60_000, interval: 500 })
      .not.toBe(before.workerPid)
    const { serverPid, workerPid } = await pids()
    expect(serverPid).toBe(before.serverPid)
    kill(serverPid)
    kill(workerPid)
    await expect.poll(async () => (await status()).running, { timeout: 60_000, interval: 500 }).toBe(true)
    const { stdout } = await quorate(['engine', 'logs'], environment)
    expect(stdout).toMatch(/supervisor warn {2}the worker ended by itself; it is started again in 1 s/)
  })

  it('starts once if several commands need it at the same time', async () => {
    const before = await pids()
    kill(before.serverPid)
    kill(before.workerPid)
    const outputs = await Promise.all(
      [1, 2, 3].map(() => quorate(['engine', 'start', '--json'], environment)),
    )
    const seen = outputs.map(({ stdout }) => {
      const { serverPid, workerPid } = JSON.parse(stdout) as Status
      return `${String(serverPid)} ${String(workerPid)}`
    })
    expect(new Set(seen).size).toBe(1)
  })

  it('shows readable logs', async () => {
    const { stdout } = await quorate(['engine', 'logs', '--worker'], environment)
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d worker info {2}worker polls address=127\.0\.0\.1:\d+/m)
  })

  it('stops and says so', async () => {
    const { serverPid, workerPid } = await pids()
    const { supervisorPid = 0 } = await status()
    expect(identify(supervisorPid)).toBeDefined()
    const { stdout, exitCode } = await quorate(['engine', 'stop'], environment)
    expect([stdout, exitCode]).toEqual(['the engine is stopped\n', 0])
    for (const pid of [serverPid, workerPid, supervisorPid]) expect(identify(pid)).toBeUndefined()
    const { exitCode: afterwards } = await quorate(['engine', 'status'], environment)
    expect(afterwards).toBe(1)
  })
})
