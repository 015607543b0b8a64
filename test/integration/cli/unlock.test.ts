/** `quorate unlock` as a process, against real sshds: what it shows, breaks, and leaves alone. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { clusterFileOf, identityOf, startHostWithState, type HostWithState } from './hosts-with-state.js'
import { quorate } from '../../support/quorate.js'
import { freePort } from '../../support/sshd.js'

const OWNER = '0b9a4c1e-7f1d-4e62-9a53-2f0f1d5a7c11/cluster/prod'
const OPERATION = '01a20876-49e0'
const LOCK = `${OWNER} ${OPERATION}\nstarted-by alice@laptop\nsince 2026-11-23T14:13:07Z\n`

const folder = mkdtempSync(join(tmpdir(), 'quorate-unlock-'))
const file = join(folder, 'cluster.yaml')
let cp1: HostWithState
let w1: HostWithState
beforeAll(async () => {
  cp1 = await startHostWithState('cp1', folder)
  w1 = await startHostWithState('w1', folder)
})
afterAll(async () => {
  await cp1.stop()
  await w1.stop()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  for (const { state } of [cp1, w1])
    for (const name of ['lock', 'lock.broken']) rmSync(join(state, name), { force: true })
  writeClusterFile()
})

/** Both hosts, and more if told. */
function writeClusterFile(more: readonly string[] = []): void {
  writeFileSync(file, clusterFileOf([cp1, w1], { hosts: more }))
}

const unlock = (...args: readonly string[]) => quorate(['unlock', '-f', file, '--no-color', ...args])
const lockOf = ({ state }: HostWithState) => join(state, 'lock')

describe('quorate unlock', () => {
  it('shows who holds which host, and changes nothing with --show', async () => {
    writeFileSync(lockOf(cp1), LOCK)
    const { exitCode, stdout } = await unlock('--show')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/HOST +HELD BY +OPERATION +STARTED BY +SINCE +RUNNING UNITS/)
    expect(stdout).toMatch(
      /cp1 +cluster\/prod on server 0b9a4c1e +01a20876-49e0 +alice@laptop +2026-11-23T14:13:07Z +none/,
    )
    expect(stdout).not.toContain('w1')
    expect(readFileSync(lockOf(cp1), 'utf8')).toBe(LOCK)
  })

  it('breaks the locks that it shows with --yes, and records whose they were', async () => {
    for (const one of [cp1, w1]) writeFileSync(lockOf(one), LOCK)
    const { exitCode, stdout } = await unlock('--yes')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('unlocked: cp1, w1')
    expect(existsSync(lockOf(cp1))).toBe(false)
    expect(readFileSync(join(w1.state, 'lock.broken'), 'utf8')).toBe(`${OWNER} ${OPERATION}\n`)
  })

  it('breaks nothing without confirmation if it cannot ask', async () => {
    writeFileSync(lockOf(cp1), LOCK)
    const { exitCode, stdout, stderr } = await unlock()
    expect(exitCode).toBe(2)
    expect(stdout).toContain('alice@laptop')
    expect(stderr).toContain('--yes')
    expect(existsSync(lockOf(cp1))).toBe(true)
  })

  it('says so if there is nothing to break', async () => {
    const { exitCode, stdout } = await unlock()
    expect([exitCode, stdout.trim()]).toEqual([0, 'no host of prod is locked'])
  })

  it('names hosts that cannot be reached, unlocks the others and fails', async () => {
    writeFileSync(lockOf(cp1), LOCK)
    const ssh = `port: ${await freePort()}, knownHostsFile: ${cp1.host.ssh.knownHostsFile}, identityFile: ${identityOf(cp1)}`
    writeClusterFile([
      `- { name: w2, role: worker, address: 127.0.0.1, internalAddress: 192.0.2.22, ssh: { ${ssh} } }`,
    ])
    const { exitCode, stdout, stderr } = await unlock('--yes')
    expect(exitCode).toBe(1)
    expect(stdout).toContain('unlocked: cp1')
    expect(stderr).toMatch(/w2: .*\(SSH_UNREACHABLE\)/)
  })

  it('reports the same as JSON', async () => {
    writeFileSync(lockOf(cp1), LOCK)
    const { stdout } = await unlock('--yes', '--json')
    const [locks, unlocked] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(locks).toMatchObject({
      type: 'locks',
      cluster: 'prod',
      locked: [{ host: 'cp1', workflowId: 'cluster/prod', owner: OWNER, operation: OPERATION, units: [] }],
      unreachable: [],
    })
    expect(unlocked).toEqual({ type: 'unlocked', broken: ['cp1'], changed: [], unreachable: [] })
  })

  it('accepts --show or --yes, not both', async () => {
    expect(await unlock('--show', '--yes')).toMatchObject({ exitCode: 2 })
  })
})
