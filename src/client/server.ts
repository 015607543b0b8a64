/**
 * The Temporal server that a client works with: the one that options and environment name, or the embedded engine,
 * whose missing parts it starts again.
 */
import type { Client } from '@temporalio/client'
import { engineSeal, ensureEngine, type RunningEngine } from '../engine/engine.js'
import { engineStatus } from '../engine/status.js'
import type { HandOver } from '../engine/whole.js'
import { QuorateError } from '../errors/index.js'
import { connect, type TemporalConnection } from '../temporal/connection.js'
import { callServer } from '../temporal/service-error.js'
import { plainSettings, serverSettings, type TemporalOptions } from '../temporal/settings.js'
import type { RunReference } from './run-reference.js'
import { runAddress, uiAddressOf } from './ui-address.js'

/**
 * What a client is for; it matters to the embedded engine alone. `start`: start any operation. `plan`: start only
 * plans. `decide`: follow and decide. `look`: follow.
 *
 * To start or decide, the engine's worker gets the code and the SSH agent of this process, since either may have been
 * the problem. To plan, it gets them too, but keeps its SSH agent while an open operation may need that. A client that
 * looks leaves the worker alone. `decide` and `look` do not start an engine that never ran: it has no operations.
 */
export type Purpose = 'start' | 'plan' | 'decide' | 'look'

const HAND_OVER: Readonly<Record<Purpose, HandOver>> = {
  start: 'code and agent',
  plan: 'code and idle agent',
  decide: 'code and agent',
  look: 'nothing',
}

/** Close it after use. */
export class Server {
  private connection: TemporalConnection
  private readonly uiAddress: string | undefined
  /** The embedded engine as this client found it; undefined for another server. */
  private readonly engine: RunningEngine | undefined

  private constructor(
    connection: TemporalConnection,
    uiAddress: string | undefined,
    engine: RunningEngine | undefined,
  ) {
    this.connection = connection
    this.uiAddress = uiAddress
    this.engine = engine
  }

  /** @throws QuorateError as `connect` in src/client.ts. */
  static async connect(options: TemporalOptions, purpose: Purpose): Promise<Server> {
    const settings = serverSettings(options)
    if (settings !== undefined) {
      const uiAddress = await uiAddressOf(settings)
      return new Server(await connect(settings), uiAddress, undefined)
    }
    const starts = purpose === 'start' || purpose === 'plan'
    if (!starts && !engineStatus().exists) throw nothingKnown()
    const engine = await ensureEngine({ handOver: HAND_OVER[purpose] })
    // The embedded engine has no UI that runs all the time: `quorate ui` opens one.
    return new Server(await connectTo(engine), undefined, engine)
  }

  /** Connects without starting any part of the embedded engine; undefined if its server does not run. */
  static async connectIfRunning(options: TemporalOptions): Promise<Server | undefined> {
    const settings = serverSettings(options)
    if (settings !== undefined) return new Server(await connect(settings), undefined, undefined)
    const { serverPid, address } = engineStatus()
    if (serverPid === undefined) return undefined
    return new Server(await connectTo({ address }), undefined, undefined)
  }

  get address(): string {
    return this.connection.settings.address
  }

  get namespace(): string {
    return this.connection.settings.namespace
  }

  /** The SDK's client to use now; another one after the engine came back on another port. */
  get temporal(): Client {
    return this.connection.client
  }

  /** Whether the embedded engine had no worker, so that its open operations continue only because of this client. */
  get wasIdle(): boolean {
    return this.engine?.wasIdle === true
  }

  /** URL of the run in the Temporal UI, if the server has one. */
  uiAddressOf(run: RunReference): string | undefined {
    return this.uiAddress === undefined ? undefined : runAddress(this.uiAddress, this.namespace, run)
  }

  /** Makes a call; its errors become {@link QuorateError}s where we have a code for them. */
  call<Result>(act: () => Promise<Result>): Promise<Result> {
    return callServer(this.address, act)
  }

  /** Makes a call that needs a worker. With the embedded engine, its missing parts are started first. */
  async callWorker<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.engine !== undefined) await this.followEngine(await ensureEngine({ handOver: 'nothing' }))
    return this.call(act)
  }

  /**
   * Restarts the parts of the engine that died; it may come back on another port. An engine stopped on purpose stays
   * stopped.
   */
  async revive(): Promise<void> {
    if (this.engine === undefined) return
    try {
      await this.followEngine(await ensureEngine({ handOver: 'nothing', respectStop: true }))
    } catch {
      // The watcher keeps saying what is missing, and asks again.
    }
  }

  close(): Promise<void> {
    return this.connection.close()
  }

  private async followEngine(engine: RunningEngine): Promise<void> {
    if (engine.address === this.address) return
    const previous = this.connection
    this.connection = await connectTo(engine)
    await previous.close()
  }
}

function connectTo({ address }: Pick<RunningEngine, 'address'>): Promise<TemporalConnection> {
  return connect(plainSettings(address, engineSeal()))
}

function nothingKnown(): QuorateError {
  return new QuorateError('OPERATION_NOT_FOUND', 'no operation has been started here yet', {
    hint: 'start one with `quorate apply`, or name the Temporal server that has it (--address, TEMPORAL_ADDRESS)',
  })
}
