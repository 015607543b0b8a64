/** Ways to leave a command while it shows something: signals, Ctrl-C, and readers that have seen enough. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.js'
import { PROJECT } from '../../support/process.js'
import { quorate, startOnTerminal, startQuorate, type OnTerminal } from '../../support/quorate.js'

const SHOW_CURSOR = '\u001b[?25h'
const HIDE_CURSOR = '\u001b[?25l'

const folder = mkdtempSync(join(tmpdir(), 'quorate-leaving-'))
const environment = { QUORATE_HOME: join(folder, 'home') }
const sockets = new Set<Socket>()
let silent: Server
let file: string

/** A host that takes connections and never says a word: every run on it goes on. */
beforeAll(async () => {
  silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : 0
  file = join(folder, 'cluster.yaml')
  writeFileSync(
    file,
    `apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: silent }
spec:
  kubernetes: { version: v1.36.3, controlPlaneEndpoint: 'api.prod.lab:6443' }
  loadBalancer: { type: external }
  ssh: { user: root }
  hosts:
    - { name: cp1, role: control-plane, address: 127.0.0.1, internalAddress: 192.0.2.11, ssh: { port: ${String(port)} } }
`,
  )
  await quorate(['apply', '-f', file, '--detach'], environment)
})
afterAll(async () => {
  await quorate(['engine', 'stop'], environment)
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => silent.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

/** The process on the terminal; `script` is its parent. */
function onTerminal({ child }: OnTerminal): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const found = pids.find((pid) => parentOf(pid) === child.pid)
  if (found === undefined) throw new Error('nothing runs on the terminal')
  return Number(found)
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

/** How `quorate` in a shell ended whose output, or errors, nobody reads. */
function withoutReader(args: readonly string[], stream: 1 | 2): number {
  const words = [process.execPath, join(PROJECT, 'bin', 'quorate.js'), ...args].map((word) => `'${word}'`)
  const other = stream === 1 ? '2>/dev/null' : '2>&1 >/dev/null'
  const text = `exec 3>&1; { ${words.join(' ')} ${other}; echo $? >&3; } | true`
  const variables = { ...process.env, TEMPORAL_CONFIG_FILE: '/nowhere', ...environment }
  return Number(execFileSync('bash', ['-c', text], { env: variables, encoding: 'utf8' }))
}

describe('a closed pipe', () => {
  it('detaches from a run that continues, which is not reported as success', async () => {
    const attach = startQuorate(['attach', 'silent'], environment)
    await eventually(() => attach.output().includes('Facts'), 'the run is shown')
    attach.child.stdout?.destroy()
    // What it says next finds nobody.
    await quorate(['signal', 'pause', 'silent'], environment)
    await quorate(['signal', 'resume', 'silent'], environment)
    for (const socket of sockets) socket.destroy()
    expect((await attach.ended).exitCode).toBe(130)
  })

  it('ends a command like SIGPIPE', () => {
    expect(withoutReader(['validate', file], 1)).toBe(141)
  })

  it('on standard error ends a command in the same way', () => {
    expect(withoutReader(['validate', '/nowhere.yaml'], 2)).toBe(141)
  })
})

describe('the live view', () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)('restores the cursor when %s ends it', async (signal) => {
    const attach = startOnTerminal(['attach', 'silent'], environment)
    await eventually(() => attach.output().includes(HIDE_CURSOR), 'the view is drawn')
    process.kill(onTerminal(attach), signal)
    const { stdout } = await attach.ended
    expect(stdout.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(stdout.lastIndexOf(HIDE_CURSOR))
  })

  it('closes on Ctrl-C while the run continues', async () => {
    const attach = startOnTerminal(['attach', 'silent'], environment)
    await eventually(() => attach.output().includes(HIDE_CURSOR), 'the view is drawn')
    attach.type('\u0003')
    const { stdout, exitCode } = await attach.ended
    expect(exitCode).toBe(130)
    expect(stdout).toContain('follow it again with `quorate attach silent`')
  })
})

describe('a plan interrupted by Ctrl-C', () => {
  it('is cancelled', async () => {
    const plan = startOnTerminal(['plan', '-f', file], environment)
    await eventually(() => plan.output().includes('Facts'), 'the plan is shown')
    plan.type('\u0003')
    const { stdout, exitCode } = await plan.ended
    expect(exitCode).toBe(130)
    expect(stdout).toContain('stopped; nothing was changed')
    expect(stdout).not.toContain('quorate attach')
    await eventually(async () => (await openPlans()).length === 0, 'the plan has ended at the server')
  })
})

async function openPlans(): Promise<readonly string[]> {
  const { address } = JSON.parse((await quorate(['engine', 'status', '--json'], environment)).stdout) as {
    readonly address: string
  }
  const connection = await Connection.connect({ address })
  try {
    const client = new Client({ connection })
    const open: string[] = []
    const query = `WorkflowType = 'planCluster' AND ExecutionStatus = 'Running'`
    for await (const { workflowId } of client.workflow.list({ query })) open.push(workflowId)
    return open
  } finally {
    await connection.close()
  }
}

describe('stopping the engine', () => {
  it('names the runs that stand still and how to continue them', async () => {
    const { stdout, stderr, exitCode } = await quorate(['engine', 'stop'], environment)
    expect({ stdout, exitCode }).toEqual({ stdout: 'the engine is stopped\n', exitCode: 0 })
    expect(stderr).toContain(
      'silent: stopped; `quorate attach silent` starts the engine again, and it continues',
    )
  })

  it('does not mention runs if the engine was not running', async () => {
    const { stdout, stderr } = await quorate(['engine', 'stop'], environment)
    expect({ stdout, stderr }).toEqual({ stdout: 'the engine was not running\n', stderr: '' })
  })
})
