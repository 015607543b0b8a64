import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { changedClusterFile } from './support/changed-cluster-file.js'
import { Fleet } from '../support/fleet.js'
import { readyNodes } from '../support/expect-cluster.js'
import { mustRun } from '../support/process.js'

const fleet = new Fleet('agent-only')
const folder = mkdtempSync(join(tmpdir(), 'quorate-agent-'))
const socket = join(folder, 'agent.sock')
let agent: ChildProcess | undefined

beforeAll(async () => {
  await fleet.up('--control-planes', '1', '--workers', '1', '--load-balancers', '0')
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  await vi.waitFor(() => expect(existsSync(socket)).toBe(true))
  const key = join(fleet.folder, 'id_ed25519')
  await mustRun('ssh-add', ['-q', key], { SSH_AUTH_SOCK: socket })
  for (const file of [key, `${key}.pub`]) rmSync(file)
})
afterAll(async () => {
  await fleet.down()
  vi.unstubAllEnvs()
  agent?.kill()
  rmSync(folder, { recursive: true, force: true })
})

function clusterFile(): string {
  return changedClusterFile(fleet, 'agent-only.yaml', (spec) => {
    delete spec.ssh['identityFile']
    spec.ssh['configFile'] = 'none'
  })
}

describe('a key that exists only in ssh-agent', () => {
  it('is reported as missing if no agent is passed on', async () => {
    vi.stubEnv('SSH_AUTH_SOCK', '')
    const { exitCode, stdout, stderr } = await fleet.quorate('plan', '-f', clusterFile())
    expect(exitCode, stdout + stderr).not.toBe(0)
    expect(stdout + stderr).toMatch(/SSH_KEY_UNREADABLE|SSH_AUTHENTICATION_FAILED/)
  })

  it('is enough to build a cluster with a worker that already runs', async () => {
    vi.stubEnv('SSH_AUTH_SOCK', socket)
    const { exitCode, stdout, stderr } = await fleet.quorate('apply', '-f', clusterFile())
    expect(exitCode, stdout + stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1', 'w1'])
  })
})
