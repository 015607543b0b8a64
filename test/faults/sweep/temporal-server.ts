/** The sweep's Temporal server: on disk, as durable as the embedded engine, and may be killed at any time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import { freePort } from '../../support/sshd.js'
import { engineHome, loopback, makeHome, startServer, stop, waitUntilReady } from './product.js'

type ServerPorts = Parameters<typeof startServer>[1]
type Identity = Awaited<ReturnType<typeof startServer>>

export class TemporalServer {
  readonly home = engineHome({ QUORATE_HOME: mkdtempSync(join(tmpdir(), 'quorate-faults-server-')) })
  /** When it was restarted, in milliseconds since the epoch. */
  readonly restarts: number[] = []
  private readonly ports: ServerPorts
  private process: Identity | undefined

  private constructor(ports: ServerPorts) {
    this.ports = ports
  }

  static async start(): Promise<TemporalServer> {
    const server = new TemporalServer({
      port: await freePort(),
      httpPort: await freePort(),
      metricsPort: await freePort(),
    })
    makeHome(server.home)
    await server.launch()
    return server
  }

  get address(): string {
    return loopback(this.ports.port)
  }

  /** Makes a namespace, so that workers of one lane never see the work of another. */
  async addNamespace(namespace: string): Promise<void> {
    const connection = await Connection.connect({ address: this.address })
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    })
    await connection.close()
  }

  /** Kills it like a crash, and starts it again on the same database and port. */
  async killAndRestart(): Promise<void> {
    if (this.process !== undefined) process.kill(this.process.pid, 'SIGKILL')
    this.restarts.push(Date.now())
    await this.launch()
  }

  async remove(): Promise<void> {
    if (this.process !== undefined) await stop(this.process, 5_000)
    rmSync(this.home.folder, { recursive: true, force: true })
  }

  private async launch(): Promise<void> {
    this.process = await startServer(this.home, this.ports)
    await waitUntilReady(this.home, this.process, this.ports.port)
  }
}
