import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { eventually } from '../support/eventually.js'
import { Fleet } from '../support/fleet.js'
import { journal, readyNodes } from '../support/expect-cluster.js'
import { mustRun } from '../support/process.js'

const fleet = new Fleet('external')
const clusterFile = join(fleet.folder, 'external.yaml')

interface ClusterFile {
  readonly spec: {
    hosts: readonly { readonly name: string; readonly role: string; readonly address: string }[]
    loadBalancer: object
  }
}

beforeAll(async () => {
  await fleet.up('--control-planes', '1', '--workers', '0', '--load-balancers', '1')
  await hideBalancer()
})
afterAll(async () => {
  await fleet.down()
})

/** lb1 is switched off, and no host of ours: somebody else's balancer, which is yet to come. */
async function hideBalancer(): Promise<void> {
  const file = parse(readFileSync(fleet.clusterFile, 'utf8')) as ClusterFile
  file.spec.hosts = file.spec.hosts.filter(({ role }) => role !== 'load-balancer')
  file.spec.loadBalancer = { type: 'external' }
  writeFileSync(clusterFile, stringify(file))
  await mustRun('docker', ['stop', '--time', '2', fleet.container('lb1')])
}

/** What somebody else does: an haproxy that passes TCP through to cp1, and knows nothing of its health. */
async function putUpBalancer(): Promise<void> {
  const file = parse(readFileSync(clusterFile, 'utf8')) as ClusterFile
  const address = file.spec.hosts.find(({ name }) => name === 'cp1')?.address ?? ''
  await mustRun('docker', ['start', fleet.container('lb1')])
  await eventually(
    async () => /running|degraded/.test(await fleet.on('lb1', 'systemctl is-system-running || true')),
    'lb1 boots',
  )
  await fleet.on(
    'lb1',
    `set -e
apt-get -q update
DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install haproxy
cat > /etc/haproxy/haproxy.cfg <<END
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen api
  bind *:6443
  server cp1 ${address}:6443
END
systemctl restart haproxy`,
  )
}

const status = async () => (await fleet.quorate('status', '--json', fleet.name)).stdout

describe('an external load balancer that does not exist yet', () => {
  it('is waited for, with its problem in status, and the run continues when it is up', async () => {
    const applying = fleet.startQuorate('apply', '-f', clusterFile)
    await eventually(
      async () => /LOAD_BALANCER_UNREACHABLE/.test(await status()),
      'status names what is waited for',
      180_000,
    )
    const waiting = await status()
    expect(waiting).toMatch(/load balancer health/i)
    expect(waiting).toMatch(/api\.external\.test:6443/)
    expect((await journal(fleet, 'cp1')).join()).not.toContain('kubeadm')

    await putUpBalancer()
    const { exitCode, stdout, stderr } = await applying.ended
    expect(exitCode, stdout + stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1'])
    expect(await fleet.on('lb1', 'ls /var/lib/quorate 2>/dev/null || true')).toBe('')
  })

  it('is accepted without a test if the operator says that it is ready', async () => {
    await fleet.reset()
    await hideBalancer()
    const applying = fleet.startQuorate('apply', '-f', clusterFile)
    await eventually(async () => /LOAD_BALANCER_UNREACHABLE/.test(await status()), 'the run waits', 180_000)

    const signalled = await fleet.quorate('signal', 'load-balancer-ready', fleet.name)
    expect(signalled.exitCode, signalled.stderr).toBe(0)
    await eventually(
      async () => (await journal(fleet, 'cp1')).join().includes('kubeadm-init'),
      'kubeadm init begins',
      180_000,
    )
    // It was not there when the operator vouched for it, but is in time for what kubeadm init needs of it.
    await putUpBalancer()
    const { exitCode, stdout, stderr } = await applying.ended
    expect(exitCode, stdout + stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1'])
  })
})
