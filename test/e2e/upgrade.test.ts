import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdVoters, readyNodes } from '../support/expect-cluster.js'
import { eventually } from '../support/eventually.js'
import { Fleet } from '../support/fleet.js'
import { addressOf, changedClusterFile } from './support/changed-cluster-file.js'
import { etcdctl } from './support/etcdctl.js'
import { Ledger } from './support/ledger.js'

const [FROM, TO] = ['v1.36.3', 'v1.37.2']
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1', 'w2']

const fleet = new Fleet('upgrade')

beforeAll(async () => {
  await fleet.up('--workers', '2', '--kubernetes-version', `${FROM},${TO}`)
  const applied = await fleet.apply()
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
})
afterAll(async () => {
  await fleet.down()
})

/** Two pods of which one may always be away. They need no image but the one that every node has. */
const WORKLOAD = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: canary }
spec:
  replicas: 2
  selector: { matchLabels: { app: canary } }
  template:
    metadata: { labels: { app: canary } }
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [{ operator: Exists, key: node-role.kubernetes.io/control-plane }]
      containers: [{ name: pause, image: IMAGE }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: canary }
spec:
  minAvailable: 1
  selector: { matchLabels: { app: canary } }
`

async function deploy(): Promise<void> {
  const image = (await fleet.on('w1', 'crictl images | awk \'/pause/ { print $1 ":" $2; exit }\'')).trim()
  const manifest = Buffer.from(WORKLOAD.replace('IMAGE', image)).toString('base64')
  await fleet.on(
    'cp1',
    `echo ${manifest} | base64 -d | kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f -`,
  )
  await fleet.kubectl('rollout', 'status', 'deployment/canary', '--timeout=120s')
}

async function kubeletVersions(): Promise<ReadonlySet<string>> {
  const path = '{range .items[*]}{.status.nodeInfo.kubeletVersion}{"\\n"}{end}'
  const versions = await fleet.kubectl('get', 'nodes', '-o', `jsonpath=${path}`)
  return new Set(versions.trim().split('\n'))
}

describe(`an upgrade from ${FROM} to ${TO}`, () => {
  it('is refused as long as it is a downgrade, and by an apply', async () => {
    const downgrade = await fleet.quorate('upgrade', '--to', 'v1.36.2', '-f', fleet.clusterFile)
    expect(downgrade.exitCode).not.toBe(0)
    expect(downgrade.stderr).toContain('UPGRADE_IS_DOWNGRADE')
    const file = changedClusterFile(fleet, 'newer.yaml', (spec) => {
      const { kubernetes } = spec as unknown as { kubernetes: { version: string } }
      kubernetes.version = TO
    })
    const applied = await fleet.quorate('apply', '-f', file)
    expect(applied.stderr).toContain('quorate upgrade')
    expect(await kubeletVersions()).toEqual(new Set([FROM]))
  })

  it('shows every step before it changes anything', async () => {
    const plan = await fleet.quorate('upgrade', '--to', TO, '--plan', '-f', fleet.clusterFile)
    expect(plan.exitCode, plan.stdout + plan.stderr).toBe(0)
    expect(plan.stdout).toContain(`API servers ${FROM} to ${TO} meanwhile`)
    expect(plan.stdout).toContain('etcd to 3.6.11-0')
    expect(plan.stdout).toContain(`kubeadm upgrade apply to ${TO}`)
    expect(await kubeletVersions()).toEqual(new Set([FROM]))
  })

  it('loses nothing that was acknowledged, and fails no write behind our balancer, though its worker is killed', async () => {
    await deploy()
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
    const began = Date.now()
    const upgrading = fleet.startQuorate('upgrade', '--to', TO, '-f', fleet.clusterFile)
    await eventually(
      async () => (await fleet.on('cp1', 'pgrep -x kubeadm || true')).trim() !== '',
      'kubeadm upgrades the first control plane',
      900_000,
    )
    fleet.killWorker()
    const ended = await upgrading.ended
    const account = await ledger.close()
    const { acknowledged, longestGapMs, failures, lost } = account
    console.log(
      `upgrade: ${Math.round((Date.now() - began) / 1000)} s; ${acknowledged} writes acknowledged, ${failures.length} failed, longest gap ${longestGapMs} ms`,
    )
    for (const failure of failures) console.log(`upgrade: ${failure}`)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(lost).toEqual([])
    expect(failures).toEqual([])
    expect(ended.stdout).toContain(`set kubernetes.version to ${TO}`)
  })

  it('leaves every component of the cluster in the new version, and nothing of itself', async () => {
    expect(await readyNodes(fleet)).toEqual(NODES)
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    expect(await kubeletVersions()).toEqual(new Set([TO]))
    const status = await etcdctl(fleet, 'endpoint status --cluster -w simple')
    expect(
      status
        .trim()
        .split('\n')
        .every((line) => line.includes(', 3.7.')),
    ).toBe(true)
    for (const host of CONTROL_PLANES) {
      const images = await fleet.on(host, "grep -h 'image:' /etc/kubernetes/manifests/*.yaml")
      expect(images.match(/kube-[a-z-]+:v1\.37\.2/g), host).toHaveLength(3)
      expect((await fleet.on(host, 'ls /etc/kubernetes/tmp 2>/dev/null || true')).trim(), host).toBe('')
    }
    const nodes = await fleet.kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].spec.unschedulable}')
    expect(nodes.trim()).toBe('')
    const snapshots = await fleet.on('cp1', 'stat -c "%a %U %n" /var/lib/quorate/snapshots/*.db')
    expect(snapshots).toMatch(/^600 root .*-before-v1-37-2\.db$/m)
    const held = await fleet.on('w1', 'apt-mark showhold')
    expect(held.trim().split('\n').sort()).toEqual(['kubeadm', 'kubectl', 'kubelet'])
  })

  it('changes nothing the second time', async () => {
    const began = Date.now()
    const again = await fleet.quorate('upgrade', '--to', TO, '-f', fleet.clusterFile)
    console.log(`upgrade: a second one took ${Math.round((Date.now() - began) / 1000)} s`)
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toContain('nothing to change')
  })
})
