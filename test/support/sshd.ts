/** A real OpenSSH server on loopback for tests, with its own host keys, user key and configuration. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Host } from '../../src/cluster/model.js'
import type { HostSsh } from '../../src/cluster/ssh-login.js'

const run = promisify(execFile)

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa'

export interface SshdOptions {
  /** Lines of sshd_config that precede the defaults. */
  readonly config?: readonly string[]
  readonly hostKeyTypes?: readonly HostKeyType[]
  /** Folders to put first in PATH, and other variables, for every command. */
  readonly path?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** A previously used port, for a server that returns. */
  readonly port?: number
}

export interface TestSshd {
  readonly port: number
  /** The server's own folder, removed when it stops. */
  readonly folder: string
  /** Private key that logs in as every user. */
  readonly identityFile: string
  /** A known_hosts file with every key of the server. */
  readonly knownHostsFile: string
  /** A host that reaches the server as the user who runs the tests. */
  host(ssh?: Partial<HostSsh>, name?: string): Host
  /** The public key, in the format of known_hosts: type and base64. */
  hostKey(type: HostKeyType): Promise<string>
  /** The server log, including logins. */
  log(): string
  /** Closes its connections, like a dying host. */
  endSessions(): Promise<void>
  /** Stops the server and closes its connections. */
  stop(): Promise<void>
}

/** Starts a server; it runs when the promise resolves. */
export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  const sshd = findSshd()
  const folder = await mkdtemp(join(tmpdir(), 'quorate-sshd-'))
  const types = options.hostKeyTypes ?? ['ed25519']
  const identityFile = join(folder, 'id_ed25519')
  await Promise.all([
    ...types.map((type) => generateKey(join(folder, `host_${type}`), type)),
    generateKey(identityFile, 'ed25519'),
  ])
  await copyFile(`${identityFile}.pub`, join(folder, 'authorized_keys'))
  const port = options.port ?? (await freePort())
  const hostKey = async (type: HostKeyType) =>
    (await readFile(join(folder, `host_${type}.pub`), 'utf8')).split(' ').slice(0, 2).join(' ').trim()
  const knownHostsFile = join(folder, 'known_hosts')
  // On every port, so that it is known behind a proxy as well.
  const lines = await Promise.all(types.map(async (type) => `[127.0.0.1]:* ${await hostKey(type)}\n`))
  await writeFile(knownHostsFile, lines.join(''))
  await writeFile(join(folder, 'sshd_config'), sshdConfig(folder, port, types, options))
  const server = await launch(sshd, folder, port)
  return {
    port,
    folder,
    identityFile,
    knownHostsFile,
    hostKey,
    host: (ssh = {}, name = 'host1') =>
      testHost({ port, identityFiles: [identityFile], knownHostsFile, ...ssh }, name),
    log: server.log,
    endSessions: server.endSessions,
    stop: async () => {
      await server.endSessions()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A host on loopback. */
export function testHost(
  ssh: Partial<HostSsh> & Pick<HostSsh, 'port' | 'knownHostsFile'>,
  name: string,
): Host {
  return {
    name,
    role: 'worker',
    address: '127.0.0.1',
    internalAddress: '127.0.0.1',
    ssh: { user: userInfo().username, hostKeyChecking: 'strict', ...ssh },
    labels: {},
  }
}

/** An unencrypted key pair at `path` and `path.pub`. */
export async function generateKey(path: string, type: HostKeyType, passphrase = ''): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', path])
}

/** A loopback port on which nothing listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function findSshd(): string {
  const found = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path))
  if (found === undefined) throw new Error('these tests need OpenSSH: apt-get install openssh-server sudo')
  return found
}

function sshdConfig(
  folder: string,
  port: number,
  types: readonly HostKeyType[],
  options: SshdOptions,
): string {
  const environment = {
    PATH: [...(options.path ?? []), process.env['PATH'] ?? ''].join(':'),
    // Keeps bash from reading the .bashrc of whoever runs the tests, which it does when sshd starts it.
    SHLVL: '1',
    ...options.environment,
  }
  return [
    ...(options.config ?? []),
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...types.map((type) => `HostKey ${join(folder, `host_${type}`)}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `SetEnv ${Object.entries(environment)
      .map(([name, value]) => `"${name}=${value}"`)
      .join(' ')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'LogLevel VERBOSE',
    '',
  ].join('\n')
}

async function launch(
  sshd: string,
  folder: string,
  port: number,
): Promise<Pick<TestSshd, 'log' | 'endSessions' | 'stop'>> {
  // The privilege separation folder of sshd, which init scripts create when it runs as a service.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const server = spawn(sshd, ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // In case the test runner exits without running its hooks.
  const abandon = () => server.kill()
  process.once('exit', abandon)
  let log = ''
  server.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  await untilListening(port, server, () => log)
  return {
    log: () => log,
    // The process that serves a connection outlives the one that accepts them.
    endSessions: async () => {
      const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8')
      for (const pid of children.trim().split(' ').filter(Boolean)) terminate(Number(pid))
    },
    stop: async () => {
      process.off('exit', abandon)
      server.kill('SIGTERM')
      await exited
    },
  }
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function untilListening(port: number, server: ChildProcess, log: () => string): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`sshd did not start: ${log()}`)
    const listening = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (listening) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
