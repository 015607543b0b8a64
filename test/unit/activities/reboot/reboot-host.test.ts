import { describe, expect, it } from 'vitest'
import { rebootHost, type HostReboot } from '../../../../src/activities/reboot/reboot-host.js'
import { HOST_PATHS } from '../../../../src/cluster/host-paths.js'
import { QuorateError } from '../../../../src/errors/index.js'
import { CORDONED_ANNOTATION } from '../../../../src/hosts/kubernetes/cordon.js'
import { PATIENCE } from '../../../../src/hosts/timeouts.js'
import { DRAIN_DEFAULTS } from '../../../../src/operations/drain.js'
import type { Session } from '../../../../src/ssh/index.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { scriptedSession, type Answers } from '../../../support/scripted-session.js'

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
}

interface StoredNode {
  metadata: { name: string; annotations: Record<string, string> }
  spec: { unschedulable?: boolean }
  status: object
}

/** A host that reboots when it is asked to, and what happened to it, in order. */
function scene(name: string, machine: Machine = {}, patience = PATIENCE) {
  const host = cluster.hosts.find((one) => one.name === name) ?? aHost(name)
  const events: string[] = []
  let isRebooted = machine.isRebooted === true
  let looksAway = isRebooted ? (machine.looksAway ?? 0) : 0
  const bootId = () => (isRebooted ? 'boot-2' : 'boot-1')
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
    header: { member_id: 1, cluster_id: isRebooted ? (machine.clusterId ?? CLUSTER_ID) : CLUSTER_ID },
    leader: 1,
    version: '3.6.8',
  })
  const answers: Answers = [
    [
      'systemctl reboot',
      () => {
        events.push('rebooted')
        isRebooted = true
        looksAway = machine.looksAway ?? 0
        return ''
      },
    ],
    ['random/boot_id', () => `${bootId()}\n`],
    ['findmnt', () => (isRebooted ? (machine.mount ?? MOUNT) : MOUNT)],
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
        ? Promise.resolve(Buffer.from(`${isRebooted ? (machine.machineId ?? 'machine') : 'machine'}\n`))
        : scriptedSession(one, answers).readFile(path),
    writeFile: (path) => {
      if (path === HOST_PATHS.etcdDataGuard) events.push('guarded')
      return Promise.resolve(true)
    },
  })
  const session = (one: typeof host) => {
    if (one.name !== name || looksAway === 0) return Promise.resolve(on(one))
    looksAway -= 1
    return Promise.reject(new QuorateError('SSH_UNREACHABLE', 'no route to host', { host: name }))
  }
  const reboot = (more: Partial<HostReboot> = {}) =>
    rebootHost(
      {
        cluster,
        host,
        sessions: { session, close: () => Promise.resolve() },
        operation: 'test',
        signal: new AbortController().signal,
        isCancelled: () => false,
        patience,
        report: () => undefined,
      },
      {
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
        ...more,
      },
    )
  return { events, reboot, node: stored }
}

const HASTY = { ...PATIENCE, runtime: 1, etcd: 1, node: 1, components: 1 }

describe('a worker that reboots', () => {
  it('is drained before, and takes pods again once it is back', async () => {
    const { events, reboot } = scene('w1', { looksAway: 1 })
    await expect(reboot()).resolves.toMatchObject({ changed: true })
    expect(events).toEqual(['cordoned', 'rebooted', 'uncordoned', 'guard removed'])
  })

  it('is not rebooted again by an attempt that finds another boot, or finds it away', async () => {
    const { events, reboot, node } = scene('w1', { isRebooted: true, looksAway: 1 })
    node.metadata.annotations = { [CORDONED_ANNOTATION]: 'earlier' }
    node.spec.unschedulable = true
    await reboot()
    expect(events).toEqual(['uncordoned', 'guard removed'])
  })

  it('stays as somebody else has cordoned it', async () => {
    const { events, reboot, node } = scene('w1')
    node.spec.unschedulable = true
    await reboot()
    expect(events).toEqual(['rebooted', 'guard removed'])
    expect(node.spec.unschedulable).toBe(true)
  })

  it('is reported when it is not back in time', async () => {
    const { events, reboot } = scene('w1', { looksAway: 99 })
    await expect(reboot({ returnTimeoutMs: 1 })).rejects.toMatchObject({
      code: 'HOST_NOT_BACK',
      message: 'it is not back after 0 s: no route to host',
    })
    expect(events).toEqual(['cordoned', 'rebooted'])
  })

  it('takes no pods again if another machine answers', async () => {
    const { events, reboot } = scene('w1', { machineId: 'stranger' })
    await expect(reboot()).rejects.toMatchObject({ code: 'HOST_CHANGED' })
    expect(events).toEqual(['cordoned', 'rebooted'])
  })
})

describe('a control plane that reboots', () => {
  it('starts its kubelet only with the data of etcd in place, until its member is back', async () => {
    const { events, reboot } = scene('cp2')
    await reboot()
    expect(events).toEqual([
      'cordoned',
      'guarded',
      'rebooted',
      'kubelet started',
      'uncordoned',
      'guard removed',
    ])
  })

  it('does not start its member where the disk is not mounted', async () => {
    const { events, reboot } = scene('cp2', { mount: '/ /dev/sda1 / 3333-4444' }, HASTY)
    await expect(reboot()).rejects.toMatchObject({
      code: 'ETCD_DATA_MISSING',
      message:
        "etcd's data were on 1111-2222, mounted at /var/lib/etcd; /var/lib/etcd is on 3333-4444 (mounted at /) now",
    })
    expect(events).toEqual(['cordoned', 'guarded', 'rebooted'])
  })

  it('does not count with a member of another etcd, and stays cordoned', async () => {
    const { events, reboot } = scene('cp2', { clusterId: '43' }, HASTY)
    await expect(reboot()).rejects.toMatchObject({ code: 'ETCD_OTHER_CLUSTER' })
    expect(events.slice(-2)).toEqual(['rebooted', 'kubelet started'])
  })
})
