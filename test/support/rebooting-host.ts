/** A host of a running cluster that reboots when it is asked to, and what happens to it, in order. */
import type { HostReboot } from '../../src/activities/reboot/reboot-host.js'
import { HOST_PATHS } from '../../src/cluster/host-paths.js'
import { QuorateError } from '../../src/errors/index.js'
import type { AwayContext } from '../../src/hosts/context.js'
import { PATIENCE } from '../../src/hosts/timeouts.js'
import { DRAIN_DEFAULTS } from '../../src/operations/drain.js'
import type { Session } from '../../src/ssh/index.js'
import { aCluster, aHost } from './clusters.js'
import { scriptedSession, type Answers } from './scripted-session.js'

const CLUSTER_ID = '42'
const MOUNT = '/var/lib/etcd /dev/sdb1 / 1111-2222'
const cluster = aCluster({ hosts: ['cp1', 'cp2', 'cp3', 'w1'].map((name) => aHost(name)) })
const MEMBERS = cluster.hosts
  .filter(({ role }) => role === 'control-plane')
  .map(({ name, internalAddress }) => ({ name, address: `https://${internalAddress}` }))

interface Machine {
  /** What becomes of it: it comes back after so many looks, as it was unless told otherwise. */
  readonly looksAway?: number
  readonly machineId?: string
  readonly mount?: string
  readonly clusterId?: string
  /** Somebody has rebooted it already. */
  readonly isRebooted?: boolean
  /** What it says to more than a reboot asks of it; `note` puts something down as an event. */
  readonly answers?: (note: (event: string) => void) => Answers
}

interface StoredNode {
  metadata: { name: string; annotations: Record<string, string> }
  spec: { unschedulable?: boolean }
  status: object
}

/** `events`: what happened to it; `away` and `reboot`: what steps get. */
export function rebootingHost(name: string, machine: Machine = {}, patience = PATIENCE) {
  const host = cluster.hosts.find((one) => one.name === name) ?? aHost(name)
  const events: string[] = []
  /** Files in memory, which a reboot clears. */
  const memory = new Set<string>()
  let boot = machine.isRebooted === true ? 2 : 1
  const isRebooted = () => boot > 1
  let looksAway = isRebooted() ? (machine.looksAway ?? 0) : 0
  const bootId = () => `boot-${boot}`
  const stored: StoredNode = { metadata: { name, annotations: {} }, spec: {}, status: {} }
  const node = () => ({
    ...stored,
    status: {
      nodeInfo: { kubeletVersion: 'v1.36.3', bootID: bootId() },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  })
  const update = (sent: string) => {
    const { metadata, spec } = JSON.parse(sent) as StoredNode
    if (spec.unschedulable !== stored.spec.unschedulable) {
      events.push(spec.unschedulable === true ? 'cordoned' : 'uncordoned')
    }
    Object.assign(stored, { metadata, spec })
    return JSON.stringify(node())
  }
  const status = () => ({
    header: { member_id: 1, cluster_id: isRebooted() ? (machine.clusterId ?? CLUSTER_ID) : CLUSTER_ID },
    leader: 1,
    version: '3.6.8',
  })
  const answers: Answers = [
    ...(machine.answers?.((event) => events.push(event)) ?? []),
    [
      'systemctl reboot',
      () => {
        events.push('rebooted')
        boot += 1
        memory.clear()
        looksAway = machine.looksAway ?? 0
        return ''
      },
    ],
    ['random/boot_id', () => `${bootId()}\n`],
    ['findmnt', () => (isRebooted() ? (machine.mount ?? MOUNT) : MOUNT)],
    ['systemctl start kubelet', () => (events.push('kubelet started'), '')],
    [`rm -f ${HOST_PATHS.etcdDataGuard}`, () => (events.push('guard removed'), '')],
    [
      'member list',
      MEMBERS.map(
        ({ name, address }, id) => `${id + 1}, started, ${name}, ${address}:2380, ${address}:2379, false`,
      ).join('\n'),
    ],
    [
      'endpoint health',
      JSON.stringify(MEMBERS.map(({ address }) => ({ endpoint: `${address}:2379`, health: true }))),
    ],
    ['endpoint status -w fields', '"Leader" : 3\n'],
    ['endpoint status', () => JSON.stringify([{ Endpoint: 'x', Status: status() }])],
    ['GET /readyz', 'ok'],
    [/GET \/api\/v1\/nodes\/[^?]+/, () => JSON.stringify(node())],
    [/(PUT|PATCH) \/api\/v1\/nodes\//, update],
    [/GET \/api\/v1\/nodes/, () => JSON.stringify({ items: [node()] })],
    [/GET .*\/(pods|poddisruptionbudgets|volumeattachments)/, JSON.stringify({ items: [] })],
  ]
  const on = (one: typeof host): Session => ({
    ...scriptedSession(one, answers, 'absent'),
    readFile: (path) =>
      path === '/etc/machine-id'
        ? Promise.resolve(Buffer.from(`${isRebooted() ? (machine.machineId ?? 'machine') : 'machine'}\n`))
        : memory.has(path)
          ? Promise.resolve(Buffer.alloc(0))
          : scriptedSession(one, answers).readFile(path),
    writeFile: (path) => {
      if (path.startsWith('/run/')) memory.add(path)
      if (path === HOST_PATHS.etcdDataGuard) events.push('guarded')
      return Promise.resolve(true)
    },
  })
  const session = (one: typeof host) => {
    if (one.name !== name || looksAway === 0) return Promise.resolve(on(one))
    looksAway -= 1
    return Promise.reject(new QuorateError('SSH_UNREACHABLE', 'no route to host', { host: name }))
  }
  const away: AwayContext = {
    cluster,
    host,
    sessions: { session, close: () => Promise.resolve() },
    operation: 'test',
    signal: new AbortController().signal,
    isCancelled: () => false,
    patience,
    report: () => undefined,
  }
  const reboot: HostReboot = {
    before: {
      bootId: 'boot-1',
      machineId: 'machine',
      reasons: [],
      ...(host.role === 'control-plane'
        ? { etcd: { mount: { point: '/var/lib/etcd', source: '1111-2222' }, clusterId: CLUSTER_ID } }
        : {}),
    },
    through: aHost('cp1'),
    others: host.role === 'control-plane' ? [aHost('cp1'), aHost('cp3')] : [],
    drain: DRAIN_DEFAULTS,
    returnTimeoutMs: 60_000,
  }
  return { events, away, reboot, node: stored }
}
