/** A test's own embedded engine with one run, started as a user starts it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { defined } from '../../src/values/defined.js'
import { eventually } from './eventually.js'
import { quorate } from './quorate.js'

/** A host that nobody can reach, so that the run keeps trying. */
const CLUSTER = `
apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: shop }
spec:
  kubernetes: { version: v1.36.3, controlPlaneEndpoint: "api.shop.test:6443" }
  loadBalancer: { type: external }
  ssh: { user: ops, port: 9 }
  hosts:
    - { name: cp1, role: control-plane, address: 127.0.0.1, internalAddress: 10.1.0.1 }
`

/** The parts of the engine's record that tests read. */
export interface EngineRecord {
  readonly port: number
  readonly httpPort: number
  readonly metricsPort: number
  readonly server: { readonly pid: number }
  readonly worker: { readonly pid: number }
  readonly supervisor: { readonly pid: number }
}

export class EmbeddedEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'quorate-engine-'))
  readonly environment = { QUORATE_HOME: join(this.folder, 'home') }

  static async start(): Promise<EmbeddedEngine> {
    const engine = new EmbeddedEngine()
    const { exitCode, stderr } = await quorate(['engine', 'start'], engine.environment)
    if (exitCode !== 0) throw new Error(stderr)
    return engine
  }

  get record(): EngineRecord {
    return JSON.parse(readFileSync(join(this.folder, 'home', 'engine.json'), 'utf8')) as EngineRecord
  }

  /** Starts an apply of the cluster `shop`, and waits until it has ended or is under way. */
  async apply(): Promise<void> {
    const file = join(this.folder, 'cluster.yaml')
    writeFileSync(file, CLUSTER)
    const { exitCode, stderr } = await quorate(['apply', '--detach', '-f', file], this.environment)
    if (exitCode !== 0) throw new Error(stderr)
    await eventually(async () => this.hasOpenApply(), 'the run is listed')
  }

  /** Whether the apply still goes on: its hosts do not exist, so it ends within a minute. */
  async hasOpenApply(): Promise<boolean> {
    return (await this.workflows("ExecutionStatus = 'Running'")).includes('cluster/shop')
  }

  /** The ids of all workflows, or of those that match, whoever started them. */
  async workflows(query?: string): Promise<readonly string[]> {
    const connection = await Connection.connect({ address: `127.0.0.1:${this.record.port}` })
    try {
      const ids: string[] = []
      for await (const { workflowId } of new Client({ connection }).workflow.list(defined({ query })))
        ids.push(workflowId)
      return ids.toSorted()
    } finally {
      await connection.close()
    }
  }

  async remove(): Promise<void> {
    await quorate(['engine', 'stop'], this.environment)
    rmSync(this.folder, { recursive: true, force: true })
  }
}
