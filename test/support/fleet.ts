/** A fleet of the lab and the built CLI, as an end-to-end test uses them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { command } from '../../src/ssh/command.js'
import { mustRun, PROJECT, runProgram, startProgram, type Ended, type Running } from './process.js'

/** Hosts of the lab under one name, with an engine of their own. */
export class Fleet {
  readonly name: string
  readonly folder: string
  private readonly environment: Readonly<Record<string, string>>

  constructor(name: string) {
    this.name = name
    this.folder = join(PROJECT, '.lab', name)
    this.environment = { QUORATE_HOME: join(PROJECT, '.lab', `${name}-engine`) }
  }

  get clusterFile(): string {
    return join(this.folder, 'cluster.yaml')
  }

  /** Folder of the engine: database, logs, pids. */
  get engineFolder(): string {
    return this.environment.QUORATE_HOME ?? ''
  }

  /** Bare hosts; quick where the lab's builds are cached. */
  async up(...options: readonly string[]): Promise<void> {
    const standing = existsSync(this.clusterFile)
    await this.lab('up', '--name', this.name, ...options)
    if (standing) await this.reset()
  }

  /** The same hosts, bare again. */
  async reset(): Promise<void> {
    await this.lab('reset', '--name', this.name)
  }

  async down(): Promise<void> {
    await this.quorate('engine', 'stop')
    if (process.env.QUORATE_E2E_KEEP !== '1') await this.lab('down', '--name', this.name)
  }

  /** Runs a shell line as root on a host and gives its output. */
  async on(host: string, line: string): Promise<string> {
    return this.lab('exec', '--name', this.name, host, '--', 'sudo', 'sh', '-c', line)
  }

  /** kubectl on the first control plane. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return this.on('cp1', command('kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', ...args).line)
  }

  /** The CLI, to its end. */
  async quorate(...args: readonly string[]): Promise<Ended> {
    return runProgram('node', ['bin/quorate.js', ...args], this.environment)
  }

  /** The CLI, while it runs. */
  startQuorate(...args: readonly string[]): Running {
    return startProgram('node', ['bin/quorate.js', ...args], this.environment)
  }

  /** Ends the engine's worker at once, as a crash would; it is gone when this returns. */
  async killWorker(): Promise<void> {
    const { stdout } = await this.quorate('engine', 'status', '--json')
    const { workerPid } = JSON.parse(stdout) as { workerPid?: number }
    if (workerPid === undefined) throw new Error('no worker runs')
    process.kill(workerPid, 'SIGKILL')
  }

  /** `apply` of the fleet's own cluster file. */
  async apply(): Promise<Ended> {
    return this.quorate('apply', '-f', this.clusterFile)
  }

  private async lab(...args: readonly string[]): Promise<string> {
    return mustRun('npx', ['tsx', 'lab/main.ts', ...args])
  }
}
