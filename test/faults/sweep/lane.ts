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
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { lookAtEnd, type EndState } from './end-state.js'
import { Injector, type Fault } from './faults.js'
import type { History } from './history.js'
import { connect, LOGS } from './product.js'
import { ScriptedHost, SSH_PORT, type HostImage } from './scripted-host.js'
import { calibrate, SshProxy } from './ssh-proxy.js'
import type { Calibration } from './ssh-stages.js'
import type { TemporalServer } from './temporal-server.js'
import { WorkerProcess } from './worker-process.js'
import { defined } from '../../../src/values/defined.js'

/** Has every kind of step: init, a join with an etcd member, a worker's join, a balancer. */
const ADDRESSES: Readonly<Record<string, number>> = { cp1: 11, cp2: 12, w1: 21, lb1: 100 }
const ENDPOINT = { name: 'lb1', port: 6443 }
/** How many seconds each place of a unit takes. */
const PACE = '0.03'
/** A run without faults that takes longer is stuck. */
const PATIENCE_MS = 120_000
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
  private readonly proxies = new Map<string, SshProxy>()
  private worker!: WorkerProcess
  private connection!: Connection
  private quorate!: Quorate
  private calibration!: Calibration

  private constructor(options: LaneOptions) {
    this.options = options
    this.subnet = `127.${options.index + 20}.0.`
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
  }

  static async open(options: LaneOptions): Promise<Lane> {
    const lane = new Lane(options)
    await lane.start()
    return lane
  }

  /** Applies the lane's cluster to bare hosts while the faults strike, and returns how that went. */
  async run(name: string, faults: readonly Fault[]): Promise<RunOutcome> {
    appendFileSync(this.log, `\n### ${name}\n`)
    await this.bare()
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
    const { runId, failure } = await this.apply(PATIENCE_MS + faults.length * PATIENCE_PER_FAULT_MS)
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
    await Promise.all(this.hosts.map((host) => host.stop()))
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
    await Promise.all(this.hosts.map((host) => host.stop()))
    rmSync(this.model, { recursive: true, force: true })
    const folders = [
      'nodes',
      'etcd',
      'apiservers',
      'tokens',
      'objects',
      'inits',
      'balancers',
      'addresses',
      'hold',
      'held',
    ]
    for (const name of folders) mkdirSync(join(this.model, name), { recursive: true })
    const write = (name: string, content: string) => writeFileSync(join(this.model, name), `${content}\n`)
    for (const { name, address } of this.hosts) write(`addresses/${address}`, name)
    write('pace', PACE)
    write('endpoint', `${this.subnet}${ADDRESSES[ENDPOINT.name] ?? 0} ${ENDPOINT.port}`)
    write('dns-address', this.options.dnsAddress)
    await Promise.all(this.hosts.map((host) => host.start()))
  }

  private cluster(): Cluster {
    const { image } = this.options
    const host = ({ name, address }: ScriptedHost): Host =>
      aHost(name, {
        address: '127.0.0.1',
        internalAddress: address,
        ssh: {
          user: 'root',
          port: this.proxies.get(name)?.port ?? 0,
          identityFiles: [image.identityFile],
          knownHostsFile: image.knownHostsFile,
          hostKeyChecking: 'strict',
        },
      })
    const cluster = aCluster({ name: 'faults', hosts: this.hosts.map(host) })
    const controlPlaneEndpoint = {
      host: `${this.subnet}${ADDRESSES[ENDPOINT.name] ?? 0}`,
      port: ENDPOINT.port,
    }
    return {
      ...cluster,
      kubernetes: {
        ...cluster.kubernetes,
        controlPlaneEndpoint,
        // Whatever the machine has that plays the hosts.
        kubeadm: { ...cluster.kubernetes.kubeadm, kubeletConfiguration: { failCgroupV1: false } },
      },
      packages: { ...cluster.packages, signingKey: 'a key that signs packages\n' },
    }
  }

  private async apply(patienceMs: number): Promise<{ readonly runId: string; readonly failure?: string }> {
    const operation = await this.begin()
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
  private async begin(): Promise<Operation> {
    for (;;) {
      try {
        return await this.quorate.start('apply', (this.options.change ?? same)(this.cluster()))
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
