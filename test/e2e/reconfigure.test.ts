import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdVoters, readyNodes } from '../support/expect-cluster.js'
import { eventually } from '../support/eventually.js'
import { Fleet } from '../support/fleet.js'
import type { Ended } from '../support/process.js'
import { addressOf } from './support/changed-cluster-file.js'
import { configuredFile, type Configuration } from './support/configured-file.js'
import { Ledger, unexplained } from './support/ledger.js'

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1']
const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

const fleet = new Fleet('reconfigure')

beforeAll(async () => {
  await fleet.up('--workers', '1')
  const applied = await apply(fileWith('initial', INITIAL))
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
})
afterAll(async () => {
  await fleet.down()
})

const fileWith = (name: string, change: Configuration) => configuredFile(fleet, `${name}.yaml`, change)

/** What the cluster is initialised with. */
const INITIAL: Configuration = { controllerManager: { 'concurrent-gc-syncs': '21' } }

const CHANGED: Configuration = {
  ...INITIAL,
  certSANs: ['kubernetes.example.com'],
  apiServer: { 'event-ttl': '2h0m0s' },
  scheduler: { 'kube-api-qps': '60' },
  etcd: { 'snapshot-count': '20000' },
  kubelet: { maxPods: 123 },
}

const apply = (file: string): Promise<Ended> => fleet.quorate('apply', '-f', file)

/** The arguments that a component of the host was started with. */
async function argumentsOf(host: string, component: string): Promise<readonly string[]> {
  const seen = await fleet.on(host, `tr '\\0' '\\n' </proc/$(pidof ${component} | cut -d ' ' -f 1)/cmdline`)
  return seen.trim().split('\n')
}

async function servedNames(host: string): Promise<string> {
  return fleet.on(
    host,
    'echo | openssl s_client -connect 127.0.0.1:6443 2>/dev/null | openssl x509 -noout -ext subjectAltName',
  )
}

/** Every container of the host but those of static pods. */
async function workloads(host: string): Promise<readonly string[]> {
  const listed = await fleet.on(host, "crictl ps -o json | tr -d '\\n'")
  const { containers } = JSON.parse(listed) as { containers: { id: string; metadata: { name: string } }[] }
  return containers
    .filter(({ metadata }) => !COMPONENTS.includes(metadata.name))
    .map(({ id, metadata }) => `${metadata.name} ${id}`)
    .sort()
}

async function manifestsOf(host: string): Promise<string> {
  return fleet.on(host, 'cd /etc/kubernetes/manifests && sha256sum *.yaml')
}

/** What a change may touch of every host: manifests, certificate, kubelet's file. */
async function stateOf(host: string): Promise<string> {
  return fleet.on(
    host,
    'sha256sum /etc/kubernetes/manifests/*.yaml /etc/kubernetes/pki/apiserver.crt /var/lib/kubelet/config.yaml; pidof kube-apiserver kube-scheduler etcd kubelet',
  )
}

async function keptConfiguration(): Promise<string> {
  return fleet.kubectl('-n', 'kube-system', 'get', 'configmap', 'kubeadm-config', '-o', 'yaml')
}

/** Quorate's own note of what the file has set. */
async function note(): Promise<string> {
  return fleet.kubectl(
    '-n',
    'kube-system',
    'get',
    'configmap',
    'quorate',
    '-o',
    'jsonpath={.data.configuration}',
  )
}

/** Waits until the first control plane has the scheduler's new argument in its manifest. */
async function untilWritten(argument: string): Promise<void> {
  await eventually(
    async () =>
      (await fleet.on('cp1', 'cat /etc/kubernetes/manifests/kube-scheduler.yaml')).includes(argument),
    'the first control plane has its new manifest',
    300_000,
  )
}

async function maxPods(): Promise<readonly string[]> {
  const capacities = await fleet.kubectl(
    'get',
    'nodes',
    '-o',
    'jsonpath={range .items[*]}{.status.capacity.pods}{"\\n"}{end}',
  )
  return capacities.trim().split('\n')
}

async function expectEverywhere(change: {
  scheduler: string
  apiServer: string
  etcd: string
  pods: string
}): Promise<void> {
  for (const host of CONTROL_PLANES) {
    expect(await argumentsOf(host, 'kube-scheduler'), host).toContain(change.scheduler)
    expect(await argumentsOf(host, 'kube-apiserver'), host).toContain(change.apiServer)
    expect(await argumentsOf(host, 'etcd'), host).toContain(change.etcd)
    const kept = await fleet.on(host, 'ls /var/lib/quorate/before-configuration 2>/dev/null || true')
    expect(kept.trim(), host).toBe('')
  }
  expect(await maxPods()).toEqual(NODES.map(() => change.pods))
  expect(await readyNodes(fleet)).toEqual(NODES)
  expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
}

describe('an apply that changes the configuration of a running cluster', () => {
  it('is shown as a difference by plan', async () => {
    const plan = await fleet.quorate('plan', '-f', fileWith('changed', CHANGED))
    expect(plan.stdout, plan.stderr).toContain('apiServer.extraArgs.event-ttl')
    expect(plan.stdout).toContain('kubernetes.example.com')
    expect(await keptConfiguration()).not.toContain('event-ttl')
  })

  it('fails no write behind our balancer, and restarts no workload, though its worker is killed', async () => {
    const before = await Promise.all(NODES.map(workloads))
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
    const began = Date.now()
    const applying = fleet.startQuorate('apply', '-f', fileWith('changed', CHANGED))
    await eventually(
      async () =>
        (await fleet.on('cp3', 'cat /etc/kubernetes/manifests/kube-apiserver.yaml')).includes('event-ttl'),
      'the last control plane has its new manifest',
      900_000,
    )
    fleet.killWorker()
    const ended = await applying.ended
    const { acknowledged, longestGapMs, failures, lost } = await ledger.close()
    console.log(
      `reconfigure: ${Math.round((Date.now() - began) / 1000)} s; ${acknowledged} writes acknowledged, ${failures.length} failed, longest gap ${longestGapMs} ms`,
    )
    for (const failure of failures) console.log(`reconfigure: ${failure}`)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(lost).toEqual([])
    // Each restart may move etcd's leadership once.
    expect(unexplained(failures, CONTROL_PLANES.length)).toEqual([])
    expect(await Promise.all(NODES.map(workloads))).toEqual(before)
  })

  it('is effective on every host and in what the cluster keeps', async () => {
    await expectEverywhere({
      scheduler: '--kube-api-qps=60',
      apiServer: '--event-ttl=2h0m0s',
      etcd: '--snapshot-count=20000',
      pods: '123',
    })
    for (const host of CONTROL_PLANES) {
      expect(await servedNames(host), host).toContain('DNS:kubernetes.example.com')
    }
    const kept = await keptConfiguration()
    for (const value of ['event-ttl', 'kube-api-qps', 'snapshot-count', 'kubernetes.example.com']) {
      expect(kept).toContain(value)
    }
    expect(await note()).toContain('"isChanging":false')
  })

  it('changes nothing the second time', async () => {
    const before = await Promise.all(NODES.map(stateOfNode))
    const again = await apply(fileWith('changed', CHANGED))
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toContain('nothing to change')
    expect(await Promise.all(NODES.map(stateOfNode))).toEqual(before)
  })

  it('touches only the first control plane when a component rejects it, and goes back there', async () => {
    const [manifests, kept, noted] = [await manifestsOf('cp1'), await keptConfiguration(), await note()]
    const others = await Promise.all(NODES.slice(1).map(stateOfNode))
    const began = Date.now()
    const rejected = await apply(
      fileWith('rejected', { ...CHANGED, scheduler: { 'no-such-argument': 'true' } }),
    )
    console.log(`reconfigure: rejected after ${Math.round((Date.now() - began) / 1000)} s`)
    const said = rejected.stdout + rejected.stderr
    expect(rejected.exitCode, said).not.toBe(0)
    expect(said).toContain('CONFIGURATION_REJECTED')
    expect(said).toContain('unknown flag: --no-such-argument')
    expect(await manifestsOf('cp1')).toBe(manifests)
    expect(withoutVersion(await keptConfiguration())).toBe(withoutVersion(kept))
    expect(await note()).toBe(noted)
    expect(await Promise.all(NODES.slice(1).map(stateOfNode))).toEqual(others)
    expect(await argumentsOf('cp1', 'kube-scheduler')).toContain('--kube-api-qps=60')
  })

  it('goes back when the first kubelet rejects it, too', async () => {
    await abort()
    const before = await Promise.all(NODES.map(stateOfNode))
    const kubelet = { ...CHANGED.kubelet, imageGCHighThresholdPercent: 101 }
    const rejected = await apply(fileWith('rejected-kubelet', { ...CHANGED, kubelet }))
    const said = rejected.stdout + rejected.stderr
    expect(said).toContain('CONFIGURATION_REJECTED')
    expect(said).toContain('101')
    // Only the kubelet was restarted.
    expect((await Promise.all(NODES.map(stateOfNode))).slice(1)).toEqual(before.slice(1))
    expect(withoutProcesses(await stateOf('cp1'))).toBe(withoutProcesses(before[0] ?? ''))
    expect(await readyNodes(fleet)).toEqual(NODES)
    await abort()
  })

  it('goes back when it is cancelled meanwhile', async () => {
    const manifests = await manifestsOf('cp1')
    const file = fileWith('cancelled', { ...CHANGED, scheduler: { 'never-heard-of': 'true' } })
    await fleet.quorate('apply', '-f', file, '--detach')
    await untilWritten('never-heard-of')
    const cancelled = await fleet.quorate('cancel', fleet.name)
    expect(await manifestsOf('cp1'), cancelled.stdout + cancelled.stderr).toBe(manifests)
  })

  it('converges with a corrected file, though the worker was killed amid the bad one', async () => {
    const file = fileWith('lost', { ...CHANGED, scheduler: { 'no-such-argument': 'true' } })
    await fleet.quorate('apply', '-f', file, '--detach')
    await untilWritten('no-such-argument')
    fleet.killWorker()
    const ended = await fleet.quorate('cancel', fleet.name, '--force', '--yes')
    expect(await manifestsOf('cp1'), ended.stdout + ended.stderr).toContain('kube-scheduler')
    expect(await fleet.on('cp1', 'cat /etc/kubernetes/manifests/kube-scheduler.yaml')).toContain(
      'no-such-argument',
    )
    const corrected = await apply(fileWith('corrected', { ...CHANGED, scheduler: { 'kube-api-qps': '70' } }))
    expect(corrected.exitCode, corrected.stdout + corrected.stderr).toBe(0)
    await expectEverywhere({
      scheduler: '--kube-api-qps=70',
      apiServer: '--event-ttl=2h0m0s',
      etcd: '--snapshot-count=20000',
      pods: '123',
    })
    expect(await note()).not.toContain('no-such-argument')
  })

  it('removes what the file no longer sets', async () => {
    const ended = await apply(fleet.clusterFile)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    for (const host of CONTROL_PLANES) {
      expect((await argumentsOf(host, 'kube-scheduler')).join(' '), host).not.toContain('kube-api-qps')
      expect((await argumentsOf(host, 'kube-apiserver')).join(' '), host).not.toContain('event-ttl')
      const manager = await argumentsOf(host, 'kube-controller-manager')
      expect(manager.join(' '), host).not.toContain('concurrent-gc-syncs')
      // kubeadm's own default.
      expect(await argumentsOf(host, 'etcd'), host).toContain('--snapshot-count=10000')
      expect(await servedNames(host), host).not.toContain('kubernetes.example.com')
    }
    expect(await maxPods()).toEqual(NODES.map(() => '110'))
    const again = await apply(fleet.clusterFile)
    expect(again.stdout, again.stderr).toContain('nothing to change')
  })
})

async function stateOfNode(host: string): Promise<string> {
  if (CONTROL_PLANES.includes(host)) return stateOf(host)
  return fleet.on(host, 'sha256sum /var/lib/kubelet/config.yaml; pidof kubelet')
}

async function abort(): Promise<void> {
  const aborted = await fleet.quorate('resume', fleet.name, '--abort')
  expect(aborted.exitCode, aborted.stdout + aborted.stderr).toBe(1)
}

function withoutProcesses(state: string): string {
  return state
    .split('\n')
    .filter((line) => line.includes('/'))
    .join('\n')
}

/** A change that was noted and taken back leaves another version of the object, and nothing else. */
function withoutVersion(yaml: string): string {
  return yaml.replace(/^ *(resourceVersion|time):.*$/gm, '')
}
