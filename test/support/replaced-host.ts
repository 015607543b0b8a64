/** A host of a finished cluster whose machine is exchanged: what hosts and cluster show changes with what is done. */
import type { Cluster, Host } from '../../src/cluster/model.js'
import type { HostFacts } from '../../src/facts/facts.js'
import type { ClusterPresence } from '../../src/facts/standing.js'
import { aCluster, bareFacts } from './clusters.js'
import { hopeless, type FakeHosts } from './fake-activities.js'
import { joinedFacts, present, standingOf } from './standings.js'

/** `reset`: the old machine, bare, which the run holds still. */
type MachineState = 'alive' | 'silent' | 'key-changed' | 'reset' | 'reinstalled'

export class ReplacedHost {
  readonly name: string
  readonly cluster: Cluster
  #state: MachineState
  #facts: Partial<HostFacts> = {}
  #hasNode = true
  #hasMember = true

  constructor(name: string, state: MachineState, cluster = aCluster()) {
    this.name = name
    this.cluster = cluster
    this.#state = state
  }

  /** Another, bare machine answers from now on. */
  reinstall(facts: Partial<HostFacts> = {}): void {
    this.#state = 'reinstalled'
    this.#facts = facts
  }

  vanish(): void {
    this.#state = 'silent'
  }

  /** The cluster has nothing of the host any more. */
  leave(): void {
    this.#hasNode = false
    this.#hasMember = false
  }

  /** The activities that look, and those that what they show depends on. */
  hosts(obey: FakeHosts['activities']) {
    return {
      gatherFacts: (_: Cluster, { name }: Host) => this.#look(name),
      readStanding: () => Promise.resolve(this.#presence()),
      removeMember: async (cluster: Cluster, host: Host, via: Host) => {
        const done = await obey.removeMember(cluster, host, via)
        this.#hasMember = false
        return done
      },
      resetHost: async (cluster: Cluster, host: Host) => {
        const done = await obey.resetHost(cluster, host)
        this.#state = 'reset'
        return done
      },
      deleteNode: async (cluster: Cluster, host: Host) => {
        const done = await obey.deleteNode(cluster, host)
        this.#hasNode = false
        return done
      },
    }
  }

  #look(name: string): Promise<HostFacts | undefined> {
    const joined = joinedFacts(this.cluster).find(({ host }) => host === name)
    if (name !== this.name) return Promise.resolve(joined)
    switch (this.#state) {
      case 'alive':
        return Promise.resolve(joined)
      case 'silent':
        return Promise.reject(hopeless('SSH_UNREACHABLE', 'no answer', name))
      case 'key-changed':
        return Promise.reject(hopeless('SSH_HOST_KEY_CHANGED', 'it shows another key', name))
      case 'reset':
        return Promise.resolve(bareFacts(name, { isHeld: true }))
      case 'reinstalled':
        return Promise.resolve(bareFacts(name, { machineId: `fresh-${name}`, ...this.#facts }))
    }
  }

  #presence(): ClusterPresence {
    const standing = standingOf(this.cluster)
    const isOther = ({ name }: { readonly name: string }) => name !== this.name
    return present({
      ...standing,
      nodes: standing.nodes.filter((node) => this.#hasNode || isOther(node)),
      components: standing.components.filter(({ host }) => this.#hasNode || host !== this.name),
      members: (standing.members ?? [])
        .filter((member) => this.#hasMember || isOther(member))
        .map((member) => ({ ...member, healthy: isOther(member) || this.#state === 'alive' })),
    })
  }
}
