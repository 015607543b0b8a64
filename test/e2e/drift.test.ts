import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { OperationProgress } from '../../src/operations/progress.js'
import type { PlannedChange, PlanResult } from '../../src/operations/results.js'
import { changedClusterFile } from './support/changed-cluster-file.js'
import { Fleet } from '../support/fleet.js'
import { expectWholeCluster, readyNodes } from '../support/expect-cluster.js'

/** A file that is edited over a cluster that lives, and hands on its hosts: what plan says, and what apply then does. */
const fleet = new Fleet('drift')
const NODES = ['cp1', 'cp2', 'cp3', 'w1', 'w2']

beforeAll(async () => {
  await fleet.up()
  const applied = await fleet.apply()
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
})
afterAll(async () => {
  await fleet.down()
})

/** As much of a cluster file as is edited here. */
interface Spec {
  kubernetes: {
    version: string
    controlPlaneEndpoint: string
    certSANs?: string[]
    networking?: Record<string, string>
    kubeadm: { kubeletConfiguration?: Record<string, unknown> }
  }
  network: Record<string, unknown>
  etcd: Record<string, unknown>
  containerRuntime: { registries: object[]; config: Record<string, unknown> }
  hosts: {
    name: string
    role: string
    address: string
    labels?: Record<string, string>
    taints?: { key: string; value?: string; effect: string }[]
  }[]
}
type Edit = (spec: Spec) => void

const host = (spec: Spec, name: string) => {
  const found = spec.hosts.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no host ${name}`)
  return found
}

let files = 0

/** The fleet's file, edited. */
function edited(edit: Edit): string {
  return changedClusterFile(fleet, `edited-${files++}.yaml`, (spec) => edit(spec as unknown as Spec))
}

async function plan(file: string): Promise<PlanResult> {
  const ended = await fleet.quorate('plan', '--json', '-f', file)
  return JSON.parse(ended.stdout) as PlanResult
}

const places = (changes: readonly Pick<PlannedChange, 'host' | 'phase'>[]) =>
  [...new Set(changes.map((change) => `${change.host} ${change.phase}`))].sort()

/** What a worker knows of the last run. One that is busy does not always answer for a run that has ended. */
async function lastProgress(): Promise<OperationProgress> {
  return vi.waitFor(
    async () => {
      const { stdout } = await fleet.quorate('status', fleet.name, '--json')
      const { progress } = JSON.parse(stdout) as { progress?: OperationProgress }
      if (progress === undefined) throw new Error(`no worker answers for the last run: ${stdout}`)
      return progress
    },
    { timeout: 60_000 },
  )
}

/** Where the last apply changed something. */
async function changedPlaces(): Promise<readonly string[]> {
  const progress = await lastProgress()
  return places(
    progress.phases.flatMap(({ title, hosts }) =>
      hosts.filter(({ state }) => state === 'done').map((one) => ({ host: one.host, phase: title })),
    ),
  )
}

/** Since when kubelets and the containers of static pods run, on every node. */
async function startTimes(): Promise<readonly string[]> {
  const look =
    'systemctl show -p ExecMainStartTimestampMonotonic kubelet; ' +
    'crictl ps --label io.kubernetes.pod.namespace=kube-system -o json | grep -o \'"id": "[0-9a-f]*"\' | sort'
  return Promise.all(NODES.map((name) => fleet.on(name, look)))
}

/** Plans and applies the file; both must name the same places. Gives the plan. */
async function applied(file: string): Promise<PlanResult> {
  const planned = await plan(file)
  const ended = await fleet.quorate('apply', '-f', file)
  expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
  expect(ended.stdout + ended.stderr).not.toContain('the plan had not named')
  expect(await changedPlaces()).toEqual(places(planned.changes))
  return planned
}

describe('an edit that a running cluster cannot take', () => {
  const REFUSED: readonly (readonly [what: string, code: string, edit: Edit])[] = [
    ['a newer version', 'UPGRADE_NEEDED', ({ kubernetes }) => (kubernetes.version = 'v1.36.4')],
    ['an older version', 'UPGRADE_NEEDED', ({ kubernetes }) => (kubernetes.version = 'v1.35.4')],
    [
      'another port of the endpoint',
      'FIELD_CANNOT_CHANGE',
      ({ kubernetes }) => (kubernetes.controlPlaneEndpoint = 'api.drift.test:7443'),
    ],
    [
      'another pod network',
      'FIELD_CANNOT_CHANGE',
      ({ kubernetes }) => (kubernetes.networking = { podSubnet: '10.200.0.0/16' }),
    ],
    [
      'another service network',
      'FIELD_CANNOT_CHANGE',
      ({ kubernetes }) => (kubernetes.networking = { serviceSubnet: '10.112.0.0/16' }),
    ],
    [
      'another DNS domain',
      'FIELD_CANNOT_CHANGE',
      ({ kubernetes }) => (kubernetes.networking = { dnsDomain: 'other.local' }),
    ],
    ['no pod network of ours', 'FIELD_CANNOT_CHANGE', (spec) => (spec.network = { plugin: 'none' })],
    ['another name for a worker', 'HOST_RENAMED', (spec) => (host(spec, 'w1').name = 'w9')],
    [
      'a worker as control plane',
      'ROLE_CHANGED',
      (spec) => {
        host(spec, 'w1').role = 'control-plane'
        host(spec, 'cp3').role = 'worker'
      },
    ],
    [
      'two hosts with their addresses swapped',
      'HOST_RENAMED',
      (spec) => {
        const [w1, w2] = [host(spec, 'w1'), host(spec, 'w2')]
        ;[w1.address, w2.address] = [w2.address, w1.address]
      },
    ],
  ]

  it('is refused by plan and apply, and nothing is touched', async () => {
    const before = await startTimes()
    for (const [what, code, edit] of REFUSED) {
      const file = edited(edit)
      expect(
        (await plan(file)).problems.map((problem) => problem.code),
        what,
      ).toContain(code)
      const ended = await fleet.quorate('apply', '-f', file)
      expect(ended.exitCode, `${what}\n${ended.stdout}${ended.stderr}`).toBe(1)
      expect(ended.stdout + ended.stderr, what).toContain(code)
    }
    expect(await startTimes()).toEqual(before)
    await expectWholeCluster(fleet)
  })
})

describe('an edit that cannot be applied yet', () => {
  it('causes a warning and changes nothing', async () => {
    const file = edited(({ kubernetes }) => {
      kubernetes.kubeadm.kubeletConfiguration = {
        ...kubernetes.kubeadm.kubeletConfiguration,
        topologyManagerPolicy: 'best-effort',
      }
    })
    const planned = await applied(file)
    expect(planned.changes).toEqual([])
    expect(planned.warnings).toEqual([
      expect.stringMatching(/^kubernetes\.kubeadm\.kubeletConfiguration is topologyManagerPolicy: not set/),
    ])
  })
})

describe('an edit that apply can make', () => {
  const nodeField = async (path: string) => fleet.kubectl('get', 'node', 'w1', '-o', `jsonpath={${path}}`)

  it('is planned, made and reverted: labels and taints', async () => {
    const before = await startTimes()
    const first = edited((spec) => {
      host(spec, 'w1').labels = { tier: 'gold', 'example.com/rack': 'a' }
      host(spec, 'w1').taints = [{ key: 'dedicated', value: 'db', effect: 'PreferNoSchedule' }]
    })
    expect((await applied(first)).changes.map(({ host: name, phase }) => `${name} ${phase}`)).toEqual(
      expect.arrayContaining(['w1 Workers']),
    )
    expect(await nodeField('.metadata.labels.tier')).toBe('gold')
    expect(await nodeField('.spec.taints[*].value')).toBe('db')

    const second = edited((spec) => {
      host(spec, 'w1').labels = { tier: 'silver' }
      host(spec, 'w1').taints = [{ key: 'dedicated', value: 'web', effect: 'PreferNoSchedule' }]
    })
    await applied(second)
    expect(await nodeField('.metadata.labels.tier')).toBe('silver')
    expect(await nodeField('.metadata.labels.example\\.com/rack')).toBe('')
    expect(await nodeField('.spec.taints[*].value')).toBe('web')

    await applied(edited((spec) => (host(spec, 'w1').taints = [])))
    expect(await nodeField('.metadata.labels.tier')).toBe('')
    expect(await nodeField('.spec.taints')).toBe('')
    expect((await plan(fleet.clusterFile)).changes).toEqual([])
    expect(await startTimes()).toEqual(before)
  })

  it('is planned and made without stopping pods: registries and containerd', async () => {
    const before = await startTimes()
    const file = edited(({ containerRuntime }) => {
      containerRuntime.registries.push({ registry: 'docker.io', endpoint: 'http://mirror.drift.test:5000' })
      containerRuntime.config = { ...containerRuntime.config, max_container_log_line_size: 32_768 }
    })
    expect(places((await applied(file)).changes)).toEqual(NODES.map((name) => `${name} Prepare hosts`))
    const back = await applied(fleet.clusterFile)
    expect(back.changes.map(({ action }) => action)).toContain(
      'remove /etc/containerd/certs.d/docker.io/hosts.toml',
    )
    expect(await startTimes()).toEqual(before)
  })
})

describe('a host that was removed from the file', () => {
  it('is reported and stays, and a control plane keeps its place behind the load balancer', async () => {
    const before = await fleet.on('lb1', 'cat /etc/haproxy/haproxy.cfg')
    for (const name of ['w2', 'cp3']) {
      const role = name === 'w2' ? 'worker' : 'control-plane'
      const file = edited((spec) => (spec.hosts = spec.hosts.filter((one) => one.name !== name)))
      const planned = await applied(file)
      expect(planned.warnings).toEqual([`the ${role} ${name} is in the cluster and not in the file`])
      expect(planned.changes).toEqual([])
    }
    expect(await fleet.on('lb1', 'cat /etc/haproxy/haproxy.cfg')).toBe(before)
    expect(await readyNodes(fleet)).toEqual(NODES)
  })
})

describe('a manual change to hosts or the API', () => {
  it('is reported: a cordoned node', async () => {
    await fleet.kubectl('cordon', 'w2')
    expect((await applied(fleet.clusterFile)).warnings).toEqual([
      'w2: its node is cordoned: it takes no new pods',
    ])
    await fleet.kubectl('uncordon', 'w2')
  })

  it('is reported and kept: a kubelet setting on a single host', async () => {
    const config = '/var/lib/kubelet/config.yaml'
    await fleet.on('w2', `cp ${config} /tmp/kept && echo 'maxPods: 77' >>${config}`)
    const { changes, warnings } = await applied(fleet.clusterFile)
    expect(changes).toEqual([])
    expect(warnings).toEqual([
      "w2: its kubelet has maxPods: 77, and the cluster's configuration for kubelets maxPods: not set",
    ])
    expect(await fleet.on('w2', `tail -n 1 ${config}; mv /tmp/kept ${config}`)).toBe('maxPods: 77\n')
  })

  it('is planned and repaired: a stopped and disabled kubelet', async () => {
    await fleet.on('w1', 'systemctl disable --now kubelet')
    expect(places((await applied(fleet.clusterFile)).changes)).toEqual(['w1 Prepare hosts', 'w1 Workers'])
    expect(await readyNodes(fleet)).toEqual(NODES)
  })

  it('is planned and repaired without another join: a deleted node', async () => {
    await fleet.kubectl('delete', 'node', 'w2')
    expect(places((await applied(fleet.clusterFile)).changes)).toEqual(['w2 Workers'])
    expect(await fleet.on('w2', 'grep -c kubeadm-reset /var/lib/quorate/journal || true')).toBe('0\n')
    expect(await readyNodes(fleet)).toEqual(NODES)
  })

  it('causes a worker that does not answer to be left out while the rest continues', async () => {
    await fleet.on('w2', 'systemctl stop ssh; pkill sshd')
    const planned = await applied(fleet.clusterFile)
    expect(planned.warnings).toEqual([expect.stringMatching(/^w2: it does not answer .* and is left out$/)])
    await fleet.on('w2', 'systemctl start ssh')
  })
})
