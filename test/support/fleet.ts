/** A fleet of the lab and the built CLI, as an end-to-end test uses them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { command } from '../../src/ssh/run/command.js'
import { mustRun, PROJECT, runProgram, startProgram, type Ended, type Running } from './process.js'

/** The parts of engine.json that tests read. */
export interface EngineRecord {
  readonly port: number
  readonly server?: { readonly pid: number }
  readonly worker?: { readonly pid: number }
}

/** Hosts of the lab under one name, with an engine of their own. */
export class Fleet {
  readonly name: string
  readonly folder: string
  private readonly environment: Readonly<Record<string, string>>

  /** `engine` distinguishes engines that work on the same hosts. */
  constructor(name: string, engine = 'engine') {
    this.name = name
    this.folder = join(PROJECT, '.lab', name)
    this.environment = { QUORATE_HOME: join(PROJECT, '.lab', `${name}-${engine}`) }
  }

  get clusterFile(): string {
    return join(this.folder, 'cluster.yaml')
  }

  /** Folder of the engine: database, logs, pids. */
  get engineFolder(): string {
    return this.environment.QUORATE_HOME ?? ''
  }

  /** Creates bare hosts, quickly if the lab's builds are cached. */
  async up(...options: readonly string[]): Promise<void> {
    const standing = existsSync(this.clusterFile)
    await this.lab('up', '--name', this.name, ...options)
    if (standing) await this.reset()
  }

  /**
   * Makes the same hosts bare again, all of them unless some are named: each is then another machine at the same address.
   */
  async reset(...hosts: readonly string[]): Promise<void> {
    await this.lab('reset', '--name', this.name, ...hosts)
  }

  async down({ keep = process.env.QUORATE_E2E_KEEP === '1' } = {}): Promise<void> {
    await this.quorate('engine', 'stop')
    if (!keep) await this.lab('down', '--name', this.name)
  }

  /** The container that acts as the host. */
  container(host: string): string {
    return `quorate-${this.name}-${host}`
  }

  /** Runs a shell line as root on a host and returns its output. It works without SSH, even if the network is cut. */
  async on(host: string, line: string): Promise<string> {
    return mustRun('docker', ['exec', this.container(host), 'sh', '-c', line])
  }

  /** kubectl on the first control plane. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return this.on('cp1', command('kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', ...args).line)
  }

  /** Runs the CLI to completion. */
  async quorate(...args: readonly string[]): Promise<Ended> {
    return runProgram('node', ['bin/quorate.js', ...args], this.environment)
  }

  /** Starts the CLI. */
  startQuorate(...args: readonly string[]): Running {
    return startProgram('node', ['bin/quorate.js', ...args], this.environment)
  }

  /** Kills the engine's worker, as a crash would. */
  killWorker(): void {
    this.signal('worker', 'SIGKILL')
  }

  /** Sends a signal to a process of the engine. */
  signal(part: 'worker' | 'server', signal: NodeJS.Signals): void {
    const pid = this.engine()[part]?.pid
    if (pid === undefined) throw new Error(`no ${part} was ever started`)
    process.kill(pid, signal)
  }

  /** The record that the engine wrote; its processes may have ended since. */
  engine(): EngineRecord {
    return JSON.parse(readFileSync(join(this.engineFolder, 'engine.json'), 'utf8')) as EngineRecord
  }

  /** Runs `apply` with the fleet's own cluster file. */
  async apply(): Promise<Ended> {
    return this.quorate('apply', '-f', this.clusterFile)
  }

  /** Keeps existing hosts as they are, or creates bare ones. */
  async stand(...options: readonly string[]): Promise<void> {
    await this.lab('up', '--name', this.name, ...options)
  }

  private async lab(...args: readonly string[]): Promise<string> {
    return mustRun('npx', ['tsx', 'lab/main.ts', ...args])
  }
}
