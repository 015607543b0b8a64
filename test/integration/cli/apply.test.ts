/** Operations through the CLI as a process, on the embedded engine, with hosts that refuse or say nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../src/engine/ports.js'
import { quorate, startQuorate } from '../../support/quorate.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-apply-'))
const environment = { QUORATE_HOME: join(folder, 'home') }
/** For what a busy machine may take. */
const PATIENCE = { timeout: 30_000 }

/** Takes connections and never says a word, so that whoever connects waits. */
let silent: Server
const sockets = new Set<Socket>()
let silentPort: number

beforeAll(async () => {
  silent = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
  })
  silentPort = await freePort()
  await new Promise<void>((resolve) => silent.listen(silentPort, '127.0.0.1', resolve))
  await quorate(['engine', 'start'], environment)
})
afterAll(async () => {
  await quorate(['engine', 'stop'], environment)
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => silent.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

/** A cluster file with one host, whose SSH port is this. */
function clusterFile(name: string, port: number): string {
  const path = join(folder, `${name}.yaml`)
  writeFileSync(
    path,
    `apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec:
  kubernetes: { version: v1.36.3, controlPlaneEndpoint: 'api.prod.lab:6443' }
  loadBalancer: { type: external }
  ssh: { user: root }
  hosts:
    - { name: cp1, role: control-plane, address: 127.0.0.1, internalAddress: 192.0.2.11, ssh: { port: ${port} } }
`,
  )
  return path
}

describe.concurrent('an apply whose host cannot be reached', () => {
  it('fails and shows the host, the reason and a hint', async () => {
    const file = clusterFile('refused', await freePort())
    const { exitCode, stdout, stderr } = await quorate(['apply', '-f', file], environment)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('Temporal UI  quorate ui refused')
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d ▶ Facts$/m)
    expect(stderr).toContain('✘ apply of refused failed')
    expect(stderr).toMatch(
      /✘ cp1: .*connection was refused \(SSH_UNREACHABLE\)\n\s+→ check that the host is up/,
    )
    const status = await quorate(['status', 'refused'], environment)
    expect([status.exitCode, status.stdout.split('\n')[0]]).toEqual([1, 'apply of refused: failed'])
  })

  it('shows the same problem in a plan', async () => {
    const file = clusterFile('planned', await freePort())
    const { exitCode, stdout } = await quorate(['plan', '-f', file, '--json'], environment)
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ problems: [{ code: 'SSH_UNREACHABLE', host: 'cp1' }] })
  })

  it('is reported as JSON events', async () => {
    const file = clusterFile('events', await freePort())
    const { exitCode, stdout } = await quorate(['apply', '-f', file, '--json'], environment)
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; time: string })
    expect(exitCode).toBe(1)
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['started', 'operation', 'phase', 'host']),
    )
    expect(events.at(-1)).toMatchObject({ type: 'failed', errors: [{ problems: [{ host: 'cp1' }] }] })
    for (const { time } of events) expect(time).toMatch(/^\d{4}-\d\d-\d\dT/)
  })
})

describe('a running apply', () => {
  it('continues after Ctrl-C, keeps other operations off its cluster, and can be cancelled', async () => {
    const file = clusterFile('left', silentPort)
    const { child, output, ended } = startQuorate(['apply', '-f', file], environment)
    await expect.poll(output, PATIENCE).toContain('▶ Facts')
    child.kill('SIGINT')
    const left = await ended
    expect([left.exitCode, left.stderr.split('\n').at(-2)]).toEqual([
      130,
      'detached; the operation continues: follow it again with `quorate attach left`',
    ])

    expect(await quorate(['status', 'left'], environment)).toMatchObject({ exitCode: 0 })
    const second = await quorate(['apply', '-f', file], environment)
    expect(second.exitCode).toBe(1)
    expect(second.stderr).toMatch(/an apply of left has been running since .* \(OPERATION_RUNNING\)/)

    const attached = startQuorate(['attach', 'left'], environment)
    await quorate(['cancel', 'left'], environment)
    const { exitCode, stderr } = await attached.ended
    expect(exitCode).toBe(1)
    expect(stderr).toContain('✘ apply of left was cancelled')
  })

  it('gets a new worker from whoever watches if its worker is killed', async () => {
    const file = clusterFile('watched', silentPort)
    const { child, output, ended } = startQuorate(['apply', '-f', file], environment)
    await expect.poll(output, PATIENCE).toContain('▶ Facts')
    const before = await workerPid()
    if (before === undefined) throw new Error('no worker runs')
    process.kill(before, 'SIGKILL')
    await expect
      .poll(workerPid, { ...PATIENCE, interval: 500 })
      .toSatisfy((pid) => pid !== undefined && pid !== before)
    await quorate(['cancel', 'watched'], environment)
    await ended
    expect(child.exitCode).toBe(1)
  })

  it('is followed by a second apply with --attach', async () => {
    const file = clusterFile('shared', silentPort)
    const started = await quorate(['apply', '-f', file, '--detach'], environment)
    expect(started.exitCode).toBe(0)
    expect(started.stderr).toContain('started; follow it with `quorate attach shared`')
    const second = startQuorate(['apply', '-f', file, '--attach'], environment)
    await expect.poll(second.output, PATIENCE).toContain('; following it')
    await quorate(['cancel', 'shared'], environment)
    expect((await second.ended).stderr).toContain('was cancelled')
  })
})

describe('a plan during an apply', () => {
  it('says so', async () => {
    const file = clusterFile('amid', silentPort)
    await quorate(['apply', '-f', file, '--detach'], environment)
    const plan = startQuorate(['plan', '-f', file], environment)
    await expect.poll(plan.output, PATIENCE).toContain('⚠ an apply of amid is running')
    plan.child.kill('SIGINT')
    await plan.ended
    await quorate(['cancel', 'amid'], environment)
  }, 120_000)
})

describe('an apply that nobody watches', () => {
  it('gets a new worker automatically, and is listed when a stopped engine starts', async () => {
    const file = clusterFile('alone', silentPort)
    expect((await quorate(['apply', '-f', file, '--detach'], environment)).exitCode).toBe(0)
    const before = await workerPid()
    if (before === undefined) throw new Error('no worker runs')
    process.kill(before, 'SIGKILL')
    await expect
      .poll(workerPid, { timeout: 60_000, interval: 500 })
      .toSatisfy((pid) => pid !== undefined && pid !== before)

    await quorate(['engine', 'stop'], environment)
    const { stderr } = await quorate(['status', '--all'], environment)
    expect(stderr).toMatch(
      /^1 open operation goes on: cluster\/alone, since \d\d:\d\d \(`quorate status alone`\)$/m,
    )
    expect((await quorate(['status', '--all'], environment)).stderr).toBe('')
    await quorate(['cancel', 'alone'], environment)
  }, 180_000)
})

async function workerPid(): Promise<number | undefined> {
  const { stdout } = await quorate(['engine', 'status', '--json'], environment)
  return (JSON.parse(stdout) as { workerPid?: number }).workerPid
}
