import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { changedClusterFile } from './support/changed-cluster-file.js'
import { Fleet } from '../support/fleet.js'
import { readyNodes } from '../support/expect-cluster.js'
import { runProgram, type Ended } from '../support/process.js'

const fleet = new Fleet('sudo-password')
const PASSWORD = "tr0ub4dor & 3'"
const VARIABLE = 'QUORATE_E2E_SUDO_PASSWORD'

beforeAll(async () => {
  await fleet.up('--control-planes', '1', '--workers', '1', '--load-balancers', '0')
  for (const host of ['cp1', 'w1']) {
    await fleet.on(host, `echo "ops:${PASSWORD}" | chpasswd && sed -i s/NOPASSWD:// /etc/sudoers.d/ops`)
  }
})
afterAll(async () => {
  await fleet.down()
})
afterEach(() => vi.unstubAllEnvs())

async function run(
  verb: 'plan' | 'apply',
  sudoPasswordFrom?: Readonly<Record<string, string>>,
): Promise<Ended> {
  const path = changedClusterFile(fleet, 'sudo.yaml', (spec) => {
    if (sudoPasswordFrom !== undefined) spec.ssh['sudoPasswordFrom'] = sudoPasswordFrom
  })
  return fleet.quorate(verb, '-f', path)
}

describe('a user whose sudo asks for a password', () => {
  it('is refused if there is no password', async () => {
    const { exitCode, stdout, stderr } = await run('plan')
    expect(exitCode, stdout + stderr).not.toBe(0)
    expect(stdout + stderr).toMatch(/SUDO_DENIED/)
  })

  it('learns which variable the worker lacks', async () => {
    const { exitCode, stdout, stderr } = await run('plan', { env: VARIABLE })
    expect(exitCode, stdout + stderr).not.toBe(0)
    expect(stdout + stderr).toMatch(/SECRET_NEEDED/)
    expect(stdout + stderr).toContain(VARIABLE)
  })

  it('builds a cluster with the password from the environment', async () => {
    // A worker has the environment that it was started with.
    await fleet.quorate('engine', 'stop')
    vi.stubEnv(VARIABLE, PASSWORD)
    const { exitCode, stdout, stderr } = await run('apply', { env: VARIABLE })
    expect(exitCode, stdout + stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1', 'w1'])
  })

  it('finds nothing to do with the password from a file', async () => {
    await fleet.quorate('engine', 'stop')
    writeFileSync(join(fleet.folder, 'sudo-password'), `${PASSWORD}\n`, { mode: 0o600 })
    const { exitCode, stdout, stderr } = await run('apply', { file: './sudo-password' })
    expect(exitCode, stdout + stderr).toBe(0)
    expect(stdout).toMatch(/nothing to change/)
  })

  it('leaves the password in no history, log or file of the engine and the hosts', async () => {
    const engine = await runProgram('grep', ['-rlaF', PASSWORD, fleet.engineFolder])
    expect(engine.stdout).toBe('')
    for (const host of ['cp1', 'w1']) {
      const found = await fleet.on(
        host,
        `grep -rlaF "${PASSWORD}" /var/lib/quorate /var/log /etc /run || true`,
      )
      expect(found, host).toBe('')
    }
  })
})
