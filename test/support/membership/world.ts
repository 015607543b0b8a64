/** Hosts with disks, kubelets and links; what they do by themselves; and what the world does to them. */
import { peerUrl, clientUrl } from '../../../src/configuration/etcd/urls.js'
import type { Host } from '../../../src/cluster/model.js'
import { aHost } from '../clusters.js'
import { hasQuorum, majority, votersOf, type EtcdAge, type Lineage, type Member } from './etcd.js'
import type { Tape } from './tape.js'

/** What kubeadm and Quorate have left on a host, in the words of `HostState`. */
export type Sign =
  | 'kubelet.conf'
  | 'kubelet-certificate'
  | 'admin.conf'
  | 'ca.key'
  | 'kubeconfigs'
  | 'certificates'
  | 'manifests'
  | 'init-unfinished'
  | 'join-complete'
  | 'initialised'

/** kubeadm, running on a host by itself. */
export interface Unit {
  readonly operation: number
  readonly kind: 'init' | 'join'
  phase: number
  patience: number
  state: 'running' | 'succeeded' | 'failed' | 'interrupted'
}

export interface ModelHost {
  readonly host: Host
  readonly name: string
  readonly url: string
  powered: boolean
  /** Whether we reach it by SSH. */
  reachable: boolean
  /** Whether its peers reach it. */
  connected: boolean
  /** When it last went down or came up: no connection outlives that. */
  turned: number
  /** Whether its kubelet runs; it starts with the host. */
  kubelet: boolean
  /** For how many ticks its static pods are still stopped for a restart; the kubelet starts them again by itself. */
  paused: number
  readonly signs: Set<Sign>
  data: { readonly lineage: Lineage; readonly member: string } | undefined
  manifest: { readonly state: 'new' | 'existing'; readonly urls: readonly string[] } | undefined
  unit: Unit | undefined
  /** Whether the world emptied its data folder: a cluster that its kubelet then founds is not our doing. */
  emptied: boolean
}

/** What must never happen has happened. */
export class Violation extends Error {}

export class World {
  readonly hosts: readonly ModelHost[]
  readonly lineages: Lineage[] = []
  readonly tape: Tape
  readonly age: EtcdAge
  /** One line per event; filled only if somebody wants to read it. */
  readonly story: string[] | undefined
  tick = 0
  lastFault = -1
  /** Whether the next answer is lost, and whether the worker dies before the next round trip. */
  losesAnswer = false
  workerDies = false
  private ids = 0

  constructor(size: number, tape: Tape, age: EtcdAge, story?: string[]) {
    this.tape = tape
    this.age = age
    this.story = story
    this.hosts = HOSTS.slice(0, size).map(newHost)
  }

  tell(line: () => string): void {
    this.story?.push(`${String(this.tick).padStart(3)}  ${line()}`)
  }

  hostAt(url: string): ModelHost | undefined {
    return this.hosts.find((one) => one.url === url)
  }

  /** The lineage that the etcd of the host serves; undefined if it does not run. */
  serving(one: ModelHost): Lineage | undefined {
    const { data } = one
    if (data === undefined || one.manifest === undefined) return undefined
    if (!one.powered || !one.kubelet || one.paused > 0) return undefined
    if (!one.connected && data.lineage.members.length > 1) return undefined
    return data.lineage.members.some(({ id }) => id === data.member) ? data.lineage : undefined
  }

  readonly isAlive = (lineage: Lineage, member: Member): boolean => {
    const one = this.hostAt(member.peerUrls[0] ?? '')
    return one?.data?.member === member.id && this.serving(one) === lineage
  }

  hasQuorum(lineage: Lineage): boolean {
    return hasQuorum(lineage, this.isAlive)
  }

  /** Whether the API server of the host answers, and for which cluster. */
  api(one: ModelHost): Lineage | undefined {
    const lineage = one.signs.has('manifests') ? this.serving(one) : undefined
    return lineage !== undefined && this.hasQuorum(lineage) ? lineage : undefined
  }

  newId(): string {
    this.ids += 1
    return `id${this.ids}`
  }

  /** The lineage that is the cluster: configured, and enough of its data are left for a majority. */
  cluster(): Lineage | undefined {
    return this.lineages.find((lineage) => lineage.configured && this.isRecoverable(lineage))
  }

  /** Whether a majority of its voters still have their data somewhere. */
  isRecoverable(lineage: Lineage): boolean {
    const voters = votersOf(lineage)
    const kept = voters.filter((voter) => this.hosts.some((one) => one.data?.member === voter.id))
    return kept.length >= majority(voters.length)
  }

  /** What kubelets and etcd do by themselves. */
  settle(): void {
    for (const one of this.hosts) {
      if (one.paused > 0) one.paused -= 1
      if (!one.powered || !one.kubelet || one.paused > 0 || one.manifest === undefined) continue
      if (one.data === undefined) this.startEmpty(one, one.manifest)
      else this.publish(one)
    }
  }

  private publish(one: ModelHost): void {
    const lineage = this.serving(one)
    const member = lineage?.members.find(({ id }) => id === one.data?.member)
    if (member === undefined || lineage === undefined || member.started || !this.hasQuorum(lineage)) return
    member.name = one.name
    member.started = true
    member.clientUrls = [clientUrl(one.host)]
    this.tell(() => `etcd on ${one.name} has started as a ${member.learner ? 'learner' : 'voter'}`)
  }

  /** etcd without data: `new` founds a cluster, `existing` asks the others who it is. */
  private startEmpty(one: ModelHost, { state, urls }: NonNullable<ModelHost['manifest']>): void {
    if (state === 'new') return this.found(one)
    for (const url of urls) {
      const other = url === one.url ? undefined : this.hostAt(url)
      const lineage = other === undefined || !one.connected ? undefined : this.serving(other)
      const member = lineage?.members.find(({ peerUrls }) => peerUrls.includes(one.url))
      // A member that has run before and lost its data cannot follow its leader: it stops at once.
      if (lineage === undefined || member === undefined || member.started) continue
      if (lineage.members.length !== urls.length) continue
      one.data = { lineage, member: member.id }
      this.tell(() => `etcd on ${one.name} begins to follow the others`)
      return
    }
  }

  private found(one: ModelHost): void {
    const known = this.cluster()
    const isOurs = one.unit?.kind === 'init' && !one.emptied
    if (known !== undefined && isOurs) {
      throw new Violation(`kubeadm init on ${one.name} founds a second cluster beside ${known.title}`)
    }
    if (!isOurs && !one.emptied)
      throw new Violation(`etcd on ${one.name} founds a cluster, and nobody asked for it`)
    const id = this.newId()
    const lineage: Lineage = {
      title: `cluster ${this.lineages.length + 1}`,
      members: [
        {
          id,
          name: one.name,
          started: true,
          learner: false,
          peerUrls: [one.url],
          clientUrls: [clientUrl(one.host)],
        },
      ],
      configured: false,
      nodes: new Map(),
    }
    this.lineages.push(lineage)
    one.data = { lineage, member: id }
    this.tell(() => `etcd on ${one.name} finds no data and founds ${lineage.title}`)
  }
}

const HOSTS = ['cp1', 'cp2', 'cp3', 'cp4', 'cp5'].map((name) => aHost(name))

function newHost(host: Host): ModelHost {
  return {
    host,
    name: host.name,
    url: peerUrl(host),
    powered: true,
    reachable: true,
    connected: true,
    turned: -1,
    kubelet: false,
    paused: 0,
    signs: new Set(),
    data: undefined,
    manifest: undefined,
    unit: undefined,
    emptied: false,
  }
}

/** What is left of a host after `kubeadm reset`, or after it was installed again. */
export function wipe(one: ModelHost): void {
  one.signs.clear()
  one.data = undefined
  one.manifest = undefined
  one.kubelet = false
  one.emptied = false
}
