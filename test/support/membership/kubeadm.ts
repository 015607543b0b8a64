/** kubeadm init and join, phase by phase, as they run on a host by themselves: nobody needs to watch them. */
import { addLearner, promote } from './etcd.js'
import { wipe, Violation, type ModelHost, type Unit, type World } from './world.js'

/** How often a phase looks for what it waits for. */
const PATIENCE = 8

export function startKubeadm(one: ModelHost, kind: Unit['kind'], operation: number): void {
  one.unit = { kind, operation, phase: 0, patience: PATIENCE, state: 'running' }
}

/** A phase says whether it is done, must wait, or has failed for good. */
type Progress = 'done' | 'wait' | 'failed'
type Phase = (world: World, one: ModelHost) => Progress

const begin = (one: ModelHost): Progress =>
  one.signs.has('manifests') || one.signs.has('kubelet.conf') || one.data !== undefined ? 'failed' : 'done'

const INIT: readonly Phase[] = [
  (_, one) => {
    if (begin(one) === 'failed') return 'failed'
    one.signs.add('init-unfinished')
    return 'done'
  },
  (_, one) => {
    for (const sign of ['certificates', 'ca.key', 'kubeconfigs', 'admin.conf', 'kubelet.conf'] as const) {
      one.signs.add(sign)
    }
    return 'done'
  },
  (_, one) => {
    one.signs.add('manifests').add('kubelet-certificate')
    one.manifest = { state: 'new', urls: [one.url] }
    one.kubelet = true
    return 'done'
  },
  (world, one) => {
    const lineage = world.api(one)
    if (lineage === undefined) return 'wait'
    lineage.configured = true
    return 'done'
  },
  (world, one) => {
    const lineage = world.api(one)
    if (lineage === undefined) return 'wait'
    lineage.nodes.set(one.name, 'marked')
    one.signs.delete('init-unfinished')
    return 'done'
  },
]

/** The API behind the balancer: any control plane whose API server answers. */
function endpoint(world: World, one: ModelHost) {
  const others = world.hosts.filter((other) => other !== one && world.api(other) !== undefined)
  const asked = world.tape.pick(others)
  return asked === undefined ? undefined : world.api(asked)
}

/** The cluster that the host has been added to. */
function joined(world: World, one: ModelHost) {
  const lineage = world.lineages.find(({ members }) =>
    members.some(({ peerUrls }) => peerUrls.includes(one.url)),
  )
  const member = lineage?.members.find(({ peerUrls }) => peerUrls.includes(one.url))
  return lineage === undefined || member === undefined ? undefined : { lineage, member }
}

const JOIN: readonly Phase[] = [
  (_, one) => {
    if (begin(one) === 'failed') return 'failed'
    one.signs.delete('join-complete')
    one.signs.delete('init-unfinished')
    return 'done'
  },
  (_, one) => {
    for (const sign of ['certificates', 'ca.key', 'kubeconfigs', 'admin.conf', 'manifests'] as const) {
      one.signs.add(sign)
    }
    one.kubelet = true
    return 'done'
  },
  (world, one) => {
    const lineage = endpoint(world, one)
    if (lineage === undefined || !one.connected) return 'wait'
    // Without kubeadm-config there is nothing to join.
    if (!lineage.configured) return 'failed'
    if (lineage.members.some(({ peerUrls }) => peerUrls.includes(one.url))) return 'done'
    const added = addLearner(lineage, { id: world.newId(), url: one.url }, world.age, world.isAlive)
    if (added) world.tell(() => `kubeadm on ${one.name} adds a learner to ${lineage.title}`)
    return added ? 'done' : 'wait'
  },
  (world, one) => {
    const found = joined(world, one)
    if (found === undefined) return 'failed'
    one.manifest = { state: 'existing', urls: found.lineage.members.flatMap(({ peerUrls }) => peerUrls) }
    return 'done'
  },
  (world, one) => {
    const found = joined(world, one)
    if (found === undefined) return 'failed'
    if (!found.member.learner) return 'done'
    if (!found.member.started) return 'wait'
    const promoted = promote(found.lineage, found.member, world.isAlive)
    if (promoted) world.tell(() => `kubeadm on ${one.name} has its member promoted: it votes`)
    return promoted ? 'done' : 'wait'
  },
  (_, one) => {
    one.signs.add('kubelet.conf')
    return 'done'
  },
  (world, one) => {
    const lineage = endpoint(world, one)
    if (lineage === undefined) return 'wait'
    one.signs.add('kubelet-certificate')
    lineage.nodes.set(one.name, 'unmarked')
    return 'done'
  },
  (world, one) => {
    const lineage = world.api(one)
    if (lineage === undefined) return 'wait'
    if (!lineage.nodes.has(one.name)) return 'failed'
    lineage.nodes.set(one.name, 'marked')
    one.signs.add('join-complete')
    return 'done'
  },
]

const PHASES = { init: INIT, join: JOIN }

/** One step of the kubeadm that runs on the host. */
export function advance(world: World, one: ModelHost): void {
  const { unit } = one
  if (unit?.state !== 'running' || !one.powered) return
  const phases = PHASES[unit.kind]
  const progress = phases[unit.phase]?.(world, one) ?? 'done'
  if (progress === 'wait') {
    unit.patience -= 1
    if (unit.patience > 0) return
  }
  if (progress !== 'done') {
    unit.state = 'failed'
    world.tell(() => `kubeadm ${unit.kind} on ${one.name} fails in phase ${unit.phase}`)
    return
  }
  unit.phase += 1
  unit.patience = PATIENCE
  if (unit.phase < phases.length) return
  unit.state = 'succeeded'
  world.tell(() => `kubeadm ${unit.kind} on ${one.name} is done`)
}

/** kubeadm reset on the host alone. What it may never take away is a vote, or the last data of the cluster. */
export function reset(world: World, one: ModelHost): void {
  const { data } = one
  const isVoter = data?.lineage.members.some(({ id, learner }) => id === data.member && !learner) === true
  // An init of ours that failed has let nobody join.
  const isAlone = one.signs.has('init-unfinished') && data?.lineage.members.length === 1
  if (data?.lineage.configured === true && isVoter && !isAlone) {
    throw new Violation(`kubeadm reset on ${one.name} wipes the data of a voter of ${data.lineage.title}`)
  }
  wipe(one)
  world.tell(() => `kubeadm reset on ${one.name}`)
}
