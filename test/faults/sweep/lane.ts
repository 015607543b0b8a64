/**
 * A lane of the sweep: a cluster of scripted hosts, a namespace, and the product's worker and client. It runs one case
 * after another; lanes run in parallel.
 */
import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import type { Operation } from '../../../src/client/operation.js'
import type { Quorate } from '../../../src/client.js'
import type { Cluster } from '../../../src/cluster/model.js'
import { mustRun } from '../../support/process.js'
import { ADDRESSES, subnetOf } from './addresses.js'
import { ApiServers } from './api-servers.js'
import { lookAtEnd, type EndState } from './end-state.js'
import { Injector, type Fault } from './faults.js'
import type { History } from './history.js'
import { laneCluster } from './lane-cluster.js'
import { addPods, copyModel, emptyModel } from './model-folder.js'
import { connect, LOGS } from './product.js'
import { APPLY, type Scenario } from './scenario.js'
import { ScriptedHost, SSH_PORT, type HostImage } from './scripted-host.js'
import { calibrate, SshProxy } from './ssh-proxy.js'
import type { Calibration } from './ssh-stages.js'
import type { TemporalServer } from './temporal-server.js'
import { WorkerProcess } from './worker-process.js'
import { defined } from '../../../src/values/defined.js'

/** A run without faults that takes longer is stuck; an upgrade on a busy machine takes minutes. */
const PATIENCE_MS = 300_000
/** What all runs of a lane begin with may take longer: every lane makes its cluster at the same time. */
const MOST_PATIENCE_MS = 600_000
/** More time for each fault: the heartbeat timeout, the restart, and a machine that is busy with other lanes. */
const PATIENCE_PER_FAULT_MS = 45_000
const LOOK_AT_BLOCKED_EVERY_MS = 4_000

/** What became of a run. */
export interface RunOutcome {
  readonly history: History
  readonly end: EndState
  /** Why the run did not end well by itself; undefined if it did. */
  readonly failure?: string
  readonly neverHappened: readonly Fault[]
  readonly workerRestarts: readonly number[]
  readonly serverRestarts: readonly number[]
  readonly durationMs: number
}

export interface LaneOptions {
  readonly index: number
  readonly folder: string
  readonly image: HostImage
  readonly server: TemporalServer
  readonly failpoints: string
  readonly dnsAddress: string
  /** Changes the lane's own cluster; without it, that is used as it is. */
  readonly change?: (cluster: Cluster) => Cluster
  /** Further variables of the worker's environment. */
  readonly environment?: Readonly<Record<string, string>>
}

export class Lane {
  readonly model: string
  readonly log: string
  private readonly options: LaneOptions
  private readonly subnet: string
  readonly hosts: readonly ScriptedHost[]
  private readonly apis: ApiServers
  private readonly proxies = new Map<string, SshProxy>()
  private worker!: WorkerProcess
  private connection!: Connection
  private quorate!: Quorate
  private calibration!: Calibration

  private constructor(options: LaneOptions) {
    this.options = options
    this.subnet = subnetOf(options.index)
    this.model = join(options.folder, 'cluster')
    this.log = join(LOGS, `lane-${options.index}.log`)
    this.hosts = Object.entries(ADDRESSES).map(
      ([name, number]) =>
        new ScriptedHost(
          options.image,
          join(options.folder, name),
          this.model,
          name,
          `${this.subnet}${number}`,
        ),
    )
    this.apis = new ApiServers(options.image.identity, this.model, this.hosts)
  }

  static async open(options: LaneOptions): Promise<Lane> {
    const lane = new Lane(options)
    await lane.start()
    return lane
  }

  /** Runs the scenario's operation while the faults strike, and returns how that went. */
  async run(name: string, faults: readonly Fault[], scenario = APPLY): Promise<RunOutcome> {
    appendFileSync(this.log, `\n### ${name}\n`)
    await this.begin(scenario)
    const { server } = this.options
    const [workerRestarts, serverRestarts] = [this.worker.restarts.length, server.restarts.length]
    const injector = new Injector(faults, {
      worker: this.worker,
      proxies: this.proxies,
      calibration: this.calibration,
      model: this.model,
      killServer: () => server.killAndRestart(),
    })
    const begun = Date.now()
    const { runId, failure } = await this.follow(
      scenario,
      PATIENCE_MS + faults.length * PATIENCE_PER_FAULT_MS,
    )
    const durationMs = Date.now() - begun
    const neverHappened = await injector.end()
    const handle = this.client.workflow.getHandle('cluster/faults', runId)
    const history = await handle.fetchHistory()
    if (failure !== undefined) await handle.terminate('the case is over').catch(() => undefined)
    return {
      history,
      end: lookAtEnd(this.model, this.hosts, this.subnet),
      neverHappened,
      workerRestarts: this.worker.restarts.slice(workerRestarts),
      serverRestarts: server.restarts.slice(serverRestarts),
      durationMs,
      ...defined({ failure }),
    }
  }

  /** Keeps everything that is known about a failed case, and returns its folder. */
  keep(name: string, outcome: RunOutcome, findings: readonly string[]): string {
    const folder = join(LOGS, 'failed', name.replaceAll('/', '.'))
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    cpSync(this.log, join(folder, 'worker.log'))
    cpSync(this.model, join(folder, 'cluster'), { recursive: true })
    for (const host of this.hosts) {
      const state = join(host.changes, 'var/lib/quorate')
      if (existsSync(state)) cpSync(state, join(folder, host.name), { recursive: true })
    }
    writeFileSync(join(folder, 'history.json'), JSON.stringify(outcome.history, null, 1))
    writeFileSync(join(folder, 'findings.txt'), `${findings.join('\n')}\n`)
    return folder
  }

  async close(): Promise<void> {
    await this.worker.stop()
    await this.halt()
    await Promise.all([...this.proxies.values()].map((proxy) => proxy.close()))
    await this.connection.close()
    await this.quorate.close()
  }

  private get namespace(): string {
    return `lane-${this.options.index}`
  }

  private get client(): Client {
    return new Client({ connection: this.connection, namespace: this.namespace })
  }

  private async start(): Promise<void> {
    const { server, failpoints, environment } = this.options
    rmSync(this.log, { force: true })
    await server.addNamespace(this.namespace)
    for (const { name, address } of this.hosts)
      this.proxies.set(name, await SshProxy.start(address, SSH_PORT))
    this.connection = await Connection.connect({ address: server.address })
    this.quorate = await connect({ address: server.address, namespace: this.namespace })
    this.worker = new WorkerProcess({
      address: server.address,
      namespace: this.namespace,
      failpoints,
      log: this.log,
      ...defined({ environment }),
    })
    await this.bare()
    const [proxy] = this.proxies.values()
    const [host] = this.cluster().hosts
    if (proxy === undefined || host === undefined) throw new Error('the lane has no hosts')
    this.calibration = await calibrate(proxy, host)
  }

  /** Bare hosts and an empty model. */
  private async bare(): Promise<void> {
    await this.halt()
    emptyModel(this.model, this.hosts, this.options.dnsAddress)
    await this.apis.open()
    await Promise.all(this.hosts.map((host) => host.start()))
  }

  /** Hosts and model as the scenario begins with them. What happened before is made once; then copies are used. */
  private async begin({ after, prepare }: Scenario): Promise<void> {
    if (after === undefined) return this.bare()
    const kept = this.kept(after)
    if (!existsSync(kept)) await this.make(after)
    await this.halt()
    copyModel(join(kept, 'cluster'), this.model)
    prepare?.(this.model)
    await this.apis.open()
    await Promise.all(this.hosts.map((host) => host.start(join(kept, host.name))))
  }

  private async make(scenario: Scenario): Promise<void> {
    await this.begin(scenario)
    const { failure } = await this.follow(scenario, MOST_PATIENCE_MS)
    if (failure !== undefined) throw new Error(`there is nothing to begin with: ${failure}`)
    await this.halt()
    const kept = this.kept(scenario)
    mkdirSync(kept, { recursive: true })
    await Promise.all(this.hosts.map(({ name, changes }) => mustRun('cp', ['-a', changes, join(kept, name)])))
    if (scenario === APPLY) addPods(this.model)
    copyModel(this.model, join(kept, 'cluster'))
  }

  /** Cuts the power of all hosts. */
  private async halt(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.stop()))
    await this.apis.close()
  }

  /** What a scenario has left, once it was made. */
  private kept({ name }: Scenario): string {
    return join(this.options.folder, 'kept', name)
  }

  private cluster(): Cluster {
    const cluster = laneCluster(this.hosts, this.proxies, this.options.image, this.subnet)
    return (this.options.change ?? same)(cluster)
  }

  /** Until the operation has ended well, or does not go on by itself. */
  private async follow(
    scenario: Scenario,
    patienceMs: number,
  ): Promise<{ readonly runId: string; readonly failure?: string }> {
    const operation = await this.order(scenario)
    const { runId } = operation
    const ended = this.untilClosed(runId).then(
      () => 'ended' as const,
      (error: unknown) => error,
    )
    const deadline = Date.now() + patienceMs
    for (;;) {
      const seen = await Promise.race([ended, delay(LOOK_AT_BLOCKED_EVERY_MS, 'time' as const)])
      if (seen === 'ended') return { runId }
      if (seen !== 'time') return { runId, failure: describe(await operation.describe()) }
      if (existsSync(join(this.model, 'unexpected'))) return { runId, failure: 'a call is not scripted' }
      if (this.worker.ownEnd !== undefined) return { runId, failure: this.worker.ownEnd }
      const snapshot = await operation.describe().catch(() => undefined)
      if ((snapshot?.progress?.blocked.length ?? 0) > 0) return { runId, failure: describe(snapshot) }
      if (Date.now() > deadline) return { runId, failure: `it hangs: ${describe(snapshot)}` }
    }
  }

  /** Starts the run, even while the server is away. If the answer came too late, the run is found running. */
  private async order(scenario: Scenario): Promise<Operation> {
    for (;;) {
      try {
        return await scenario.start(this.quorate, this.cluster())
      } catch (error) {
        const code = (error as { readonly code?: unknown }).code
        if (code === 'OPERATION_RUNNING') return this.quorate.operation('faults')
        if (code !== 'TEMPORAL_UNREACHABLE') throw error
        await delay(200)
      }
    }
  }

  /** Resolves when the run has completed; rejects if it ended otherwise. The server may be away in between. */
  private async untilClosed(runId: string): Promise<void> {
    for (;;) {
      try {
        await this.client.workflow.getHandle('cluster/faults', runId).result()
        return
      } catch (error) {
        if (error instanceof Error && error.name === 'WorkflowFailedError') throw error
        await delay(200)
      }
    }
  }
}

function same(cluster: Cluster): Cluster {
  return cluster
}

function describe(snapshot: unknown): string {
  return JSON.stringify(snapshot, null, 1)
}
