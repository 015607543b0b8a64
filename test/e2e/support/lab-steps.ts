/** Single steps on the hosts of a fleet, as a worker would run them, without Temporal and host locks. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { PATIENCE, type Patience } from '../../../src/hosts/timeouts.js'
import type { HostContext } from '../../../src/hosts/context.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import { parseClusterFile } from '../../../src/cluster-file/parse.js'
import { hostsWithRole, type Cluster, type Host } from '../../../src/cluster/model.js'
import { createSessionPool, type SessionPool } from '../../../src/ssh/index.js'
import { activity } from '../../support/activity.js'
import type { Fleet } from '../../support/fleet.js'

/** Timeouts for tests: long enough for what will succeed, short for what never will. */
export const IMPATIENT: Patience = { components: 4_000, etcd: 2_000, node: 2_000, runtime: 2_000 }

export class LabSteps {
  readonly cluster: Cluster
  readonly #sessions: SessionPool = createSessionPool({ agentSocket: '' })
  #operations = 0

  constructor(fleet: Fleet) {
    const location = {
      path: fleet.clusterFile,
      directory: fleet.folder,
      home: homedir(),
      readFile: (path: string) => readFileSync(path, 'utf8'),
    }
    this.cluster = parseClusterFile(readFileSync(fleet.clusterFile, 'utf8'), location).cluster
  }

  get first(): Host {
    return this.host(hostsWithRole(this.cluster, 'control-plane')[0]?.name ?? '')
  }

  host(name: string): Host {
    const host = this.cluster.hosts.find((candidate) => candidate.name === name)
    if (host === undefined) throw new Error(`the fleet has no host ${name}`)
    return host
  }

  /** Runs one attempt of a step in its own operation. */
  run<Result>(
    host: string,
    act: (context: HostContext) => Promise<Result>,
    patience: Patience = PATIENCE,
  ): Promise<Result> {
    const operation = `test-${Date.now().toString(36)}-${this.#operations++}`
    return activity(() =>
      onHost(this.#sessions, this.cluster, this.host(host), (context) =>
        act({ ...context, operation, patience }),
      ),
    )
  }

  async close(): Promise<void> {
    await this.#sessions.close()
  }
}
