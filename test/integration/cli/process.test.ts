/** The CLI as a process: what it says, with which exit code, and what it leaves alone. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../src/engine/ports.js'
import { quorate } from '../../support/quorate.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-cli-'))
const home = join(folder, 'home')
const environment = { QUORATE_HOME: home }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const VALID = `apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: prod }
spec:
  kubernetes: { version: v1.36.3, controlPlaneEndpoint: 'api.prod.lab:6443' }
  loadBalancer: { type: external }
  hosts:
    - { name: cp1, role: control-plane, address: 192.0.2.11 }
    - { name: cp2, role: control-plane, address: 192.0.2.12 }
    - { name: cp3, role: control-plane, address: 192.0.2.13 }
    - { name: w1, role: worker, address: 192.0.2.21 }
`

function clusterFile(text: string): string {
  const path = join(folder, 'cluster.yaml')
  writeFileSync(path, text)
  return path
}

describe('the quorate command', () => {
  it('explains how to start if it gets no arguments', async () => {
    const { exitCode, stdout, stderr } = await quorate([], environment)
    expect([exitCode, stderr]).toEqual([0, ''])
    for (const word of ['First steps', 'quorate init', 'quorate apply', 'Exit codes'])
      expect(stdout).toContain(word)
  })

  it.each([['--help'], ['apply', '--help'], ['engine', 'logs', '--help'], ['--version']])(
    'responds to %s %s %s',
    async (...args) => {
      const { exitCode, stdout, stderr } = await quorate(args, environment)
      expect([exitCode, stderr]).toEqual([0, ''])
      expect(stdout).not.toBe('')
    },
  )

  it.each([
    [['aply'], "unknown command 'aply'\n(Did you mean apply?)"],
    [
      ['apply', '--hurry'],
      "unknown option '--hurry'\n(quorate apply --help tells more; -f names another cluster file)",
    ],
    [['plan', 'prod.yaml'], '-f names another cluster file'],
    [['engine', 'logs', '--hurry'], '(quorate engine logs --help tells more)'],
    [['help', 'aply'], "unknown command 'aply'\n(Did you mean apply?)"],
    [['ui', '--port', '80000'], '--port: "80000" is not a port number'],
    [['signal', 'hello'], 'Allowed choices are load-balancer-ready'],
    [['attach', '--on-blocked', 'hope'], 'Allowed choices are wait, exit'],
    [['resume', 'prod', '--skip', 'w1'], '--skip w1 needs a reason'],
    [['resume', 'prod', '--retry', '--abort'], '--retry and --abort exclude each other'],
    [['worker'], 'a worker needs a Temporal server'],
    [['status', '--namespace', 'ops'], 'the namespace ops needs a server'],
    [['init'], '--name, --endpoint, --control-plane missing'],
    [['attach'], 'which cluster?'],
  ])('rejects %j as bad usage', async (args, message) => {
    const { exitCode, stdout, stderr } = await quorate(args, environment)
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it.each([
    [['apply', '--hurry'], "unknown option '--hurry'"],
    [['aply'], "unknown command 'aply'"],
    [['signal', 'hello'], 'Allowed choices are load-balancer-ready'],
    [['attach'], 'which cluster?'],
  ])('rejects %j as bad usage with JSON output', async (args, message) => {
    const { exitCode, stdout } = await quorate([...args, '--json'], environment)
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'error',
      error: { code: 'USAGE', message: expect.stringContaining(message) as string },
    })
  })
})

describe('quorate validate', () => {
  it('says that a file is valid and summarises it', async () => {
    const path = clusterFile(VALID)
    const { exitCode, stdout } = await quorate(['validate', path], environment)
    expect([exitCode, stdout]).toEqual([
      0,
      `✔ ${path} is valid: cluster prod, Kubernetes v1.36.3, 3 control planes, 1 worker\n`,
    ])
  })

  it('reports every problem with its place', async () => {
    const path = clusterFile(VALID.replace('role: worker', 'role: wrker').replace('192.0.2.12', '192.0.2.11'))
    const { exitCode, stdout, stderr } = await quorate(['validate', '-f', path], environment)
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(new RegExp(`${path}:9:\\d+ spec.hosts\\[1\\].address: `))
    expect(stderr).toMatch(new RegExp(`${path}:11:\\d+ spec.hosts\\[3\\].role: .*wrker`))
  })

  it('reports the problems as JSON', async () => {
    const path = clusterFile(VALID.replace('v1.36.3', 'banana'))
    const { exitCode, stdout } = await quorate(['validate', path, '--json'], environment)
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, problems: [{ file: path, line: 5 }] })
  })

  it('reports a missing file', async () => {
    const { exitCode, stderr } = await quorate(['validate', join(folder, 'none.yaml')], environment)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('none.yaml cannot be read: there is no such file (CLUSTER_FILE_UNREADABLE)')
  })

  it('rejects two files and checks neither', async () => {
    const { exitCode, stdout, stderr } = await quorate(['validate', '-f', 'a.yaml', 'b.yaml'], environment)
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain('two files are named: a.yaml and b.yaml')
  })

  it('rejects a directory', async () => {
    const { stderr } = await quorate(['validate', folder], environment)
    expect(stderr).toContain(`${folder} cannot be read: it is a directory`)
  })
})

describe('quorate init', () => {
  it('writes a file that validate accepts, and does not overwrite', async () => {
    const output = join(folder, 'new.yaml')
    const args = [
      ...['init', '--name', 'prod', '--endpoint', 'api.prod.lab:6443', '--output', output, '--user', 'ops'],
      ...['--load-balancer', 'lb1=192.0.2.5', '--worker', 'w1=192.0.2.21'],
      ...['--control-plane', 'cp1=192.0.2.11', 'cp2=192.0.2.12', 'cp3=192.0.2.13'],
    ]
    expect(await quorate(args, environment)).toMatchObject({ exitCode: 0 })
    const written = readFileSync(output, 'utf8')
    expect(await quorate(['validate', output], environment)).toMatchObject({ exitCode: 0, stderr: '' })
    const again = await quorate(args, environment)
    expect([again.exitCode, readFileSync(output, 'utf8')]).toEqual([2, written])
    expect(again.stderr).toContain('already exists')
  })

  it('refuses to overwrite a file before it checks the answers', async () => {
    const output = clusterFile(VALID)
    const { exitCode, stderr } = await quorate(['init', '--output', output], environment)
    expect(exitCode).toBe(2)
    expect(stderr).toBe(
      `✘ ${output} already exists (USAGE)\n  → add --force to overwrite it, or --output to write elsewhere\n`,
    )
  })

  it('refuses a missing folder before it checks the answers', async () => {
    const output = join(folder, 'none', 'cluster.yaml')
    const { exitCode, stderr } = await quorate(['init', '--output', output], environment)
    expect([exitCode, stderr]).toEqual([
      2,
      `✘ ${output} cannot be written: there is no folder ${join(folder, 'none')} (USAGE)\n  → create the folder, or name another place with --output\n`,
    ])
  })

  it('reports each mistake in the answers once, with a correction', async () => {
    const answers = ['--name', 'Prod', '--endpoint', 'api.lab', '--control-plane', 'cp1=192.0.2.1']
    const { stderr } = await quorate(
      ['init', '--output', join(folder, 'wrong.yaml'), ...answers],
      environment,
    )
    expect(stderr.match(/write it like cp1/g)).toHaveLength(1)
  })
})

describe('quorate schema', () => {
  it('prints the JSON Schema', async () => {
    const { stdout } = await quorate(['schema'], environment)
    expect(JSON.parse(stdout)).toMatchObject({ title: 'Quorate cluster file' })
  })
})

describe('without Temporal', () => {
  it('apply reports that nothing answers at the address', async () => {
    const address = `127.0.0.1:${await freePort()}`
    const { exitCode, stderr } = await quorate(
      ['apply', '-f', clusterFile(VALID), '--address', address],
      environment,
    )
    expect(exitCode).toBe(1)
    expect(stderr).toContain(
      `no Temporal server answers at ${address}: connection refused (TEMPORAL_UNREACHABLE)`,
    )
    expect(stderr).toContain('→ start the server')
  })

  it('apply reports what listens there instead', async () => {
    const other = createServer((socket) => socket.destroy())
    const port = await freePort()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    const args = ['apply', '-f', clusterFile(VALID), '--address', `127.0.0.1:${port}`]
    const { exitCode, stderr } = await quorate(args, environment)
    await new Promise((resolve) => other.close(resolve))
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`127.0.0.1:${port} does not answer as Temporal`)
  })

  it('apply explains how to get the Temporal CLI', async () => {
    const missing = { ...environment, QUORATE_TEMPORAL_CLI: '/nowhere/temporal' }
    const { exitCode, stderr } = await quorate(['apply', '-f', clusterFile(VALID)], missing)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('(TEMPORAL_CLI_MISSING)')
    expect(stderr).toContain('https://docs.temporal.io/cli')
  })

  it('status finds no operations and starts nothing', async () => {
    rmSync(home, { recursive: true, force: true })
    const { exitCode, stderr } = await quorate(['status', 'prod'], environment)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('no operation has been started here yet (OPERATION_NOT_FOUND)')
    expect(existsSync(home)).toBe(false)
  })

  it('commands take the hosts of a cluster from the cluster file', async () => {
    const closed = await freePort()
    // Each has an address of its own here, where nothing listens.
    const here = (_match: string, number: string) =>
      `address: 127.0.0.${number}, internalAddress: 192.0.2.${number}, ssh: { port: ${closed} } }`
    const local = VALID.replaceAll(/address: 192\.0\.2\.(\d+) }/g, here)
    writeFileSync(join(folder, 'cluster.yaml'), local)
    const kubeconfig = await quorate(['kubeconfig', 'prod'], environment, folder)
    expect(kubeconfig.stderr).toContain(
      'no apply of prod is known here; its hosts are taken from cluster.yaml\n',
    )
    expect(kubeconfig.stderr).toContain('(SSH_UNREACHABLE)')
    const status = await quorate(['status', 'prod'], environment, folder)
    expect(status.exitCode).toBe(2)
    expect(status.stderr).toContain(
      'no apply of prod is known here, only its cluster.yaml (OPERATION_NOT_FOUND)',
    )
    const other = await quorate(['kubeconfig', 'other'], environment, folder)
    expect(other.stderr).toContain('no operation has been started here yet (OPERATION_NOT_FOUND)')
  })

  it('validate, schema, completion and doctor do not start the engine', async () => {
    rmSync(home, { recursive: true, force: true })
    const path = clusterFile(VALID)
    for (const args of [['validate', path], ['schema'], ['completion', 'bash'], ['doctor', '-f', path]]) {
      await quorate(args, environment)
    }
    expect(existsSync(home)).toBe(false)
  })
})
