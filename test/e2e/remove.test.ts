import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command } from '../../src/ssh/run/command.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import { mustRun, type Ended } from '../support/process.js'
import { expectWholeCluster } from '../support/expect-cluster.js'
import { addressOf } from './support/changed-cluster-file.js'
import { etcdctl } from './support/etcdctl.js'
import { Ledger } from './support/ledger.js'
import { remainsOn } from './support/remains.js'
import { pauseImage } from './support/workload.js'

/** Hosts leave a cluster that is written to all the time: a worker, the control plane where init ran, a dead one. */
const fleet = new Fleet('remove')
let ledger: Ledger
let wholeFile = ''

beforeAll(async () => {
  await fleet.up()
  expectDone(await fleet.apply())
  wholeFile = readFileSync(fleet.clusterFile, 'utf8')
  await deploy()
  ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
})
afterAll(async () => {
  await ledger.close()
  await fleet.down()
})

function remove(...args: readonly string[]): Promise<Ended> {
  return fleet.quorate('remove', ...args, '--yes', '-f', fleet.clusterFile)
}

/** kubectl on a control plane that stays. */
function kubectl(...args: readonly string[]): Promise<string> {
  return fleet.on('cp2', command('kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', ...args).line)
}

/** Two pods on the two workers, of which none may be disrupted. */
async function deploy(): Promise<void> {
  const image = await pauseImage(fleet)
  const labels = { app: 'web' }
  const spread = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }
  const objects = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            topologySpreadConstraints: [{ ...spread, labelSelector: { matchLabels: labels } }],
            containers: [{ name: 'web', image }],
          },
        },
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web' },
      spec: { minAvailable: 2, selector: { matchLabels: labels } },
    },
  ]
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  await fleet.on('cp2', `cat >/root/web.json <<'END'\n${list}\nEND`)
  await kubectl('apply', '-f', '/root/web.json')
  await kubectl('rollout', 'status', 'deployment/web', '--timeout', '120s')
}

async function nodes(): Promise<readonly string[]> {
  return (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').sort()
}

async function members(): Promise<readonly string[]> {
  const list = await etcdctl(fleet, 'member list -w simple', 'cp2')
  return list
    .trim()
    .split('\n')
    .map((line) => line.split(', ')[2] ?? '')
    .sort()
}

async function backends(): Promise<readonly string[]> {
  const lines = await fleet.on('lb1', 'grep -E "^ *server " /etc/haproxy/haproxy.cfg')
  return [...lines.matchAll(/server (\S+)/g)].map(([, name]) => name ?? '')
}

describe('a worker with a pod that may not be disrupted', () => {
  it('waits for the operator before anything is changed, and says which budget forbids it', async () => {
    const parked = await remove('w1', '--keep-file', '--drain-timeout', '1m', '--on-blocked', 'exit')
    expect(parked.exitCode, parked.stdout + parked.stderr).toBe(3)
    expect(parked.stdout + parked.stderr).toContain(
      'the disruption budget web allows no disruption of pod default/web-',
    )
    expect(await kubectl('get', 'node', 'w1', '-o', 'jsonpath={.spec.unschedulable}')).toBe('')
  })

  it('leaves once the budget allows it, and nothing of the cluster stays on it', async () => {
    await kubectl('patch', 'pdb', 'web', '--type', 'merge', '-p', '{"spec":{"minAvailable":1}}')
    const resumed = expectDone(await fleet.quorate('resume', fleet.name, '--retry'))
    expect(resumed.stdout).toContain('w1: removed, and reset')
    expect(await nodes()).toEqual(['cp1', 'cp2', 'cp3', 'w2'])
    expect(await remainsOn(fleet, 'w1')).toBe('')
    expect(ledger.takeFailures()).toEqual([])
  })
})

describe('the control plane where init ran', () => {
  it('leaves without a failed write, and with its lines in the file', async () => {
    expectDone(await remove('cp1', '--edit-file'))
    expect(await nodes()).toEqual(['cp2', 'cp3', 'w2'])
    expect(await members()).toEqual(['cp2', 'cp3'])
    expect(await backends()).toEqual(['cp2', 'cp3'])
    expect(await remainsOn(fleet, 'cp1')).toBe('')
    expect(readFileSync(fleet.clusterFile, 'utf8')).not.toContain('cp1')
    expect(ledger.takeFailures()).toEqual([])
  })

  it('is gone: removing it again changes nothing', async () => {
    writeFileSync(fleet.clusterFile, wholeFile)
    const again = expectDone(await remove('cp1', '--keep-file'))
    expect(again.stdout).toContain('cp1: already gone')
    expect(again.stdout).toContain('nothing to change')
  })

  it('joins again with the worker, as any other control plane', async () => {
    expectDone(await fleet.apply())
    await expectWholeCluster(fleet)
    expect(ledger.takeFailures()).toEqual([])
  })
})

describe('a dead control plane', () => {
  it('must be vouched for', async () => {
    await mustRun('docker', ['stop', fleet.container('cp3')])
    const refused = await remove('cp3', '--keep-file')
    expect(refused.exitCode).toBe(1)
    expect(refused.stdout + refused.stderr).toContain('--dead')
    expect(await members()).toEqual(['cp1', 'cp2', 'cp3'])
  })

  it('leaves without being asked', async () => {
    ledger.takeFailures()
    expectDone(await remove('cp3', '--dead', '--keep-file'))
    expect(await nodes()).toEqual(['cp1', 'cp2', 'w1', 'w2'])
    expect(await members()).toEqual(['cp1', 'cp2'])
    expect(await backends()).toEqual(['cp1', 'cp2'])
    expect(ledger.takeFailures()).toEqual([])
  })

  it('that comes back is refused until it is reset, and joins again then', async () => {
    await mustRun('docker', ['start', fleet.container('cp3')])
    await expect
      .poll(async () => (await fleet.on('cp3', 'systemctl is-system-running || true')).trim(), {
        timeout: 60_000,
      })
      .toMatch(/running|degraded/)
    const refused = await fleet.apply()
    expect(refused.exitCode, refused.stdout + refused.stderr).toBe(1)
    expect(refused.stdout + refused.stderr).toContain('HOST_REMOVED')
    expectDone(await remove('cp3', '--keep-file'))
    expect(await remainsOn(fleet, 'cp3')).toBe('')
    expectDone(await fleet.apply())
    await expectWholeCluster(fleet)
  })

  it('leaves nothing behind that a further apply would change', async () => {
    const again = expectDone(await fleet.apply())
    expect(again.stdout).toContain('nothing to change')
  })
})

it('nothing that was acknowledged is lost', async () => {
  const { acknowledged, lost } = await ledger.close()
  expect(acknowledged).toBeGreaterThan(0)
  expect(lost).toEqual([])
})
