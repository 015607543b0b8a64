/**
 * The embedded engine of one user, and another user of the machine: the attack that sealing is for. He has a host of
 * his own, whose login is to show whether the worker came, and reads what only the owner may through the worker.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TASK_QUEUE } from '../../../src/operations/task-queue.js'
import { aCluster } from '../../support/clusters.js'
import { quorate } from '../../support/quorate.js'
import { startSshd, type TestSshd } from '../../support/sshd.js'
import { StrangersCli } from './stranger.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-victim-'))
const environment = { QUORATE_HOME: folder, QUORATE_SEAL_KEY_FILE: '' }
const secret = join(folder, 'password')
const strangersCli = new StrangersCli()
let address = ''
let sshd: TestSshd

/** Long ago, so that any reading of the file moves its time of access (relatime). */
const LONG_AGO = new Date('2020-01-01T00:00:00Z')

beforeAll(async () => {
  sshd = await startSshd()
  writeFileSync(secret, 'hunter2', { mode: 0o600 })
  await utimes(secret, LONG_AGO, LONG_AGO)
  const { stdout, exitCode } = await quorate(['engine', 'start', '--json'], environment)
  expect(exitCode).toBe(0)
  address = (JSON.parse(stdout) as { address: string }).address
})
afterAll(async () => {
  await quorate(['engine', 'stop'], environment)
  await sshd.stop()
  strangersCli.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** A cluster whose only host is his, with a file of the owner's for its password. */
function evilCluster() {
  const { ssh } = sshd.host()
  const host = { ...sshd.host(), role: 'control-plane', ssh: { ...ssh, password: { file: secret } } }
  return aCluster({ name: 'evil', hosts: [host as ReturnType<TestSshd['host']>] })
}

describe('the engine', () => {
  it('has a key that its owner alone reads', () => {
    const { mode, uid } = statSync(join(folder, 'seal.key'))
    expect([mode & 0o777, uid]).toEqual([0o600, process.getuid?.()])
  })

  it('is well for its owner', async () => {
    const { stdout } = await quorate(['doctor', '--json'], environment)
    const checks = JSON.parse(stdout) as { name: string; status: string; detail: string }[]
    expect(checks.find(({ name }) => name === 'seal')).toMatchObject({ status: 'ok' })
  })

  it.each([
    ['workflow', ['workflow', 'execute', '--workflow-id', 'evil', '--type', 'planCluster']],
    [
      'activity',
      [
        'activity',
        'execute',
        '--activity-id',
        'evil',
        '--type',
        'gatherFacts',
        '--start-to-close-timeout',
        '1m',
      ],
    ],
  ])("logs in to no host and reads no file for a stranger's %s", async (kind, command) => {
    const cluster = evilCluster()
    const before = sshd.log()
    const inputs = kind === 'workflow' ? [{ cluster, searchAttributes: false }] : [cluster, cluster.hosts[0]]
    const input = inputs.flatMap((one) => ['--input', JSON.stringify(one)])
    const output = await strangersCli.run(address, [...command, '--task-queue', TASK_QUEUE, ...input])
    expect(output).toMatch(/is refused: (its input|what it was given) carries no seal/)
    expect(sshd.log()).toBe(before)
    expect(statSync(secret).atime).toEqual(LONG_AGO)
  })

  it('says who tried in its log', async () => {
    const { stdout } = await quorate(['engine', 'logs', '--worker'], environment)
    expect(stdout).toMatch(/worker warn {2}the run is refused: its input carries no seal .*workflowId=evil/)
  })
})
