import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.js'
import { readyNodes } from '../support/expect-cluster.js'
import { Fleet } from '../support/fleet.js'
import { changedClusterFile } from './support/changed-cluster-file.js'

/** An apply that changes the configuration of kube-proxy in a running cluster. */
const NODES = ['cp1', 'cp2', 'cp3', 'w1', 'w2']

const fleet = new Fleet('kube-proxy')

beforeAll(async () => {
  await fleet.up()
  expect((await fleet.apply()).exitCode).toBe(0)
})
afterAll(async () => {
  await fleet.down()
})

function fileWith(name: string, settings: Readonly<Record<string, unknown>>): string {
  return changedClusterFile(fleet, `${name}.yaml`, (spec) => {
    const { kubernetes } = spec as unknown as { kubernetes: { kubeadm: Record<string, object> } }
    kubernetes.kubeadm['kubeProxyConfiguration'] = {
      ...kubernetes.kubeadm['kubeProxyConfiguration'],
      ...settings,
    }
  })
}

const GOOD = { metricsBindAddress: '0.0.0.0:10249' }

/** The pods by node, with restarts and since when they run. */
async function pods(): Promise<Readonly<Record<string, string>>> {
  const path =
    '{range .items[*]}{.spec.nodeName} {.metadata.uid} {.status.containerStatuses[0].restartCount}{"\\n"}{end}'
  const list = await fleet.kubectl(
    '-n',
    'kube-system',
    'get',
    'pods',
    '-l',
    'k8s-app=kube-proxy',
    '-o',
    `jsonpath=${path}`,
  )
  const lines = list.trim().split('\n')
  return Object.fromEntries(lines.map((line): [string, string] => [line.split(' ')[0] ?? '', line]))
}

const metricsAt = (host: string) => fleet.on(host, "ss -Hltn 'sport = :10249' | awk '{print $4}'")
const kept = () =>
  fleet.kubectl('-n', 'kube-system', 'get', 'configmap', 'kube-proxy', '-o', 'jsonpath={.data}')
const daemonSet = () =>
  fleet.kubectl('-n', 'kube-system', 'get', 'daemonset', 'kube-proxy', '-o', 'jsonpath={.spec}')

describe('another configuration of kube-proxy', () => {
  it('is shown as a difference by plan', async () => {
    const plan = await fleet.quorate('plan', '-f', fileWith('changed', GOOD))
    expect(plan.stdout, plan.stderr).toContain('metricsBindAddress')
    expect(plan.stdout).toContain('restart the pods of kube-proxy')
    expect(await kept()).not.toContain('0.0.0.0:10249')
  })

  it('reaches every node, though its worker is killed amid them', async () => {
    const [before, strategy] = [await pods(), JSON.parse(await daemonSet()) as { updateStrategy: unknown }]
    const began = Date.now()
    const applying = fleet.startQuorate('apply', '-f', fileWith('changed', GOOD))
    await eventually(
      async () => JSON.stringify(await pods()) !== JSON.stringify(before),
      'the first pod is replaced',
      300_000,
    )
    fleet.killWorker()
    const ended = await applying.ended
    console.log(`kube-proxy: rolled out in ${Math.round((Date.now() - began) / 1000)} s`)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    for (const host of NODES) expect((await metricsAt(host)).trim(), host).toMatch(/^(\*|0\.0\.0\.0):10249$/)
    expect((JSON.parse(await daemonSet()) as { updateStrategy: unknown }).updateStrategy).toEqual(
      strategy.updateStrategy,
    )
    expect(await readyNodes(fleet)).toEqual(NODES)
    const record = await fleet.kubectl(
      '-n',
      'kube-system',
      'get',
      'configmap',
      'quorate',
      '-o',
      'jsonpath={.data}',
    )
    expect(record).not.toContain('kube-proxy')
    expect(record).not.toContain('\\"isChanging\\":true')
  })

  it('restarts nothing the second time', async () => {
    const before = await pods()
    const again = await fleet.quorate('apply', '-f', fileWith('changed', GOOD))
    expect(again.stdout, again.stderr).toContain('nothing to change')
    expect(await pods()).toEqual(before)
  })

  it('goes back when kube-proxy rejects it, and only one pod was restarted', async () => {
    const [before, configuration, spec] = [await pods(), await kept(), await daemonSet()]
    const began = Date.now()
    const rejected = await fleet.quorate(
      ...['apply', '-f', fileWith('rejected', { ...GOOD, oomScoreAdj: 5000 }), '--on-blocked', 'exit'],
    )
    console.log(`kube-proxy: rejected after ${Math.round((Date.now() - began) / 1000)} s`)
    const said = rejected.stdout + rejected.stderr
    expect(rejected.exitCode, said).not.toBe(0)
    expect(said).toContain('CONFIGURATION_REJECTED')
    expect(said).toContain('5000')
    await fleet.quorate('resume', fleet.name, '--abort')
    const after = await pods()
    expect(NODES.filter((node) => after[node] !== before[node])).toHaveLength(1)
    expect(await kept()).toBe(configuration)
    expect(JSON.parse(await daemonSet())).toEqual(JSON.parse(spec))
  })

  it('leaves a mode to people, because rules of the old one would stay', async () => {
    const plan = await fleet.quorate('plan', '-f', fileWith('mode', { ...GOOD, mode: 'nftables' }))
    expect(plan.stdout + plan.stderr).toContain('mode')
    expect(plan.stdout).not.toContain('restart the pods of kube-proxy')
  })

  it('removes what the file no longer sets', async () => {
    const ended = await fleet.quorate('apply', '-f', fleet.clusterFile)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    for (const host of NODES) expect((await metricsAt(host)).trim(), host).toBe('127.0.0.1:10249')
  })
})
