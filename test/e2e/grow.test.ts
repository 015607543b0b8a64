import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { networkPlugin } from '../../src/configuration/pod-network/plugins.js'
import { manifestText } from '../../src/hosts/pod-network/manifest.js'
import { Fleet } from '../support/fleet.js'
import { LabSteps } from './support/lab-steps.js'
import { etcdVoters, journal, readyNodes } from '../support/expect-cluster.js'
import type { Ended } from '../support/process.js'
import { BOOTSTRAP_UNITS } from '../support/bootstrap-units.js'

const fleet = new Fleet('grow')
const clusterFile = join(fleet.folder, 'growing.yaml')

beforeAll(async () => {
  await fleet.up()
  const steps = new LabSteps(fleet)
  const manifest = networkPlugin(steps.cluster).manifest()
  if (manifest !== undefined) writeFileSync(join(fleet.folder, 'flannel.yaml'), await manifestText(manifest))
  await steps.close()
})
afterAll(async () => {
  await fleet.down()
})

/** Applies the fleet's cluster file with these of its hosts alone, and the pod network as a manifest of one's own. */
async function applyWith(...hosts: readonly string[]): Promise<Ended> {
  const file = parseDocument(readFileSync(fleet.clusterFile, 'utf8'))
  const all = file.toJS() as { spec: { hosts: readonly { name: string }[] } }
  file.setIn(
    ['spec', 'hosts'],
    all.spec.hosts.filter(({ name }) => hosts.includes(name)),
  )
  const manifest = readFileSync(join(fleet.folder, 'flannel.yaml'))
  const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`
  file.setIn(['spec', 'network'], { plugin: 'manifest', manifest: './flannel.yaml', digest })
  writeFileSync(clusterFile, String(file))
  return fleet.quorate('apply', '-f', clusterFile)
}

/** What tells whether a host was touched: its units, what runs there since when, and how often somebody was root. */
interface Trace {
  readonly units: readonly string[]
  readonly services: string
  readonly rootCommands: number
}

async function traceOf(host: string): Promise<Trace> {
  const services = 'for one in kubelet containerd haproxy; do systemctl show -p MainPID $one; done'
  const log = 'journalctl -q -t sudo --no-pager | grep -c COMMAND= || true'
  return {
    units: await journal(fleet, host),
    services: await fleet.on(host, services),
    rootCommands: Number(await fleet.on(host, log)),
  }
}

async function traces(...hosts: readonly string[]): Promise<ReadonlyMap<string, Trace>> {
  const all = await Promise.all(hosts.map(async (host) => [host, await traceOf(host)] as const))
  // What is newer than this was written later.
  await Promise.all(hosts.map((host) => fleet.on(host, 'touch /run/looked')))
  return new Map(all)
}

/** Files of a host's configuration that were written since its trace was taken. */
async function writtenFiles(host: string): Promise<readonly string[]> {
  const folders = '/etc /opt/cni /var/lib/kubelet/config.yaml /usr/bin'
  const files = await fleet.on(host, `find ${folders} -type f -newer /run/looked 2>/dev/null || true`)
  return files.split('\n').filter(Boolean)
}

/** How often each host was asked something as root since its trace was taken; nothing else may have happened. */
async function expectOnlyLookedAt(before: ReadonlyMap<string, Trace>): Promise<Record<string, number>> {
  const asked: Record<string, number> = {}
  for (const [host, trace] of before) {
    const now = await traceOf(host)
    expect(now.units, `units of ${host}`).toEqual(trace.units)
    const balancer = host.startsWith('lb')
    const written = await writtenFiles(host)
    expect(balancer ? written.filter((file) => !file.startsWith('/etc/haproxy/')) : written, host).toEqual([])
    // Neither restarted nor replaced: a balancer that is reloaded keeps its main process, too.
    expect(now.services, host).toBe(trace.services)
    asked[host] = now.rootCommands - trace.rootCommands
  }
  return asked
}

async function dnsNodes(): Promise<readonly string[]> {
  const pods = ['-n', 'kube-system', 'get', 'pods', '-l', 'k8s-app=kube-dns']
  const nodes = await fleet.kubectl(...pods, '-o', 'jsonpath={.items[*].spec.nodeName}')
  return nodes.split(' ').sort()
}

async function backends(): Promise<readonly string[]> {
  const lines = await fleet.on('lb1', 'grep -E "^ *server " /etc/haproxy/haproxy.cfg')
  return [...lines.matchAll(/server (\S+)/g)].map(([, name]) => name ?? '')
}

const unitsOf = (host: string) => (BOOTSTRAP_UNITS[host] ?? []).map((unit) => `${unit}.1 → 0`)
const asked: Record<string, number>[] = []

describe('a growing cluster', () => {
  it('starts small, with a pod network by manifest and the cluster DNS on both nodes', async () => {
    const applied = await applyWith('cp1', 'w1', 'lb1')
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1', 'w1'])
    expect(await dnsNodes()).toEqual(['cp1', 'w1'])
  })

  it('gets a worker, and the other hosts are only inspected', async () => {
    const before = await traces('cp1', 'w1', 'lb1')
    const applied = await applyWith('cp1', 'w1', 'w2', 'lb1')
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1', 'w1', 'w2'])
    expect(await journal(fleet, 'w2')).toEqual(unitsOf('w2'))
    asked.push(await expectOnlyLookedAt(before))
    expect(await backends()).toEqual(['cp1'])
  })

  it('gets two control planes with voting etcd members behind the load balancer', async () => {
    const before = await traces('cp1', 'w1', 'w2', 'lb1')
    const applied = await applyWith('cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1')
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2'])
    expect(await etcdVoters(fleet)).toEqual(['cp1', 'cp2', 'cp3'])
    for (const host of ['cp2', 'cp3']) expect(await journal(fleet, host)).toEqual(unitsOf(host))
    asked.push(await expectOnlyLookedAt(before))
    expect(await backends()).toEqual(['cp1', 'cp2', 'cp3'])
    expect(await dnsNodes()).toEqual(['cp1', 'w1'])
  })

  it('needs no more requests per host when it has more of them', () => {
    const [first, second] = asked.map((hosts) => hosts.w1)
    console.log(`commands as root on each host: ${JSON.stringify(asked)}`)
    expect(second).toBe(first)
    expect(first).toBeLessThan(30)
  })
})
