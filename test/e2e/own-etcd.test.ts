import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressOf, changedClusterFile } from './support/changed-cluster-file.js'
import { Fleet } from '../support/fleet.js'
import { expectEachUnitOnce, readyNodes } from '../support/expect-cluster.js'
import { mustRun } from '../support/process.js'
import { FILES, runEtcd } from './support/etcd-by-hand.js'

const CONTROL_PLANES = ['cp1', 'cp2']
const PREPARE = ['install-kubernetes', 'pull-images']
/** The host beside the cluster on which somebody runs an etcd. */
const HOLDER = 'lb1'

const fleet = new Fleet('own-etcd')
let clusterFile = ''

beforeAll(async () => {
  await fleet.up('--control-planes', '2', '--workers', '0', '--load-balancers', '1')
  const endpoint = await runEtcd(fleet, HOLDER)
  await takeClientFiles(join(fleet.folder, 'etcd'))
  clusterFile = changedClusterFile(fleet, 'own-etcd.yaml', (spec) => {
    spec.etcd = {
      topology: 'external',
      endpoints: [endpoint],
      caFile: './etcd/ca.crt',
      certFile: './etcd/client.crt',
      keyFile: './etcd/client.key',
    }
  })
})
afterAll(async () => {
  await fleet.down()
})

/** The three files that its owner hands out. */
async function takeClientFiles(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of ['ca.crt', 'client.crt', 'client.key']) {
    await mustRun('docker', ['cp', `${fleet.container(HOLDER)}:${FILES}/${name}`, join(folder, name)])
  }
}

const signalEtcd = (signal: 'STOP' | 'CONT') => fleet.on(HOLDER, `systemctl kill --signal=${signal} own-etcd`)

/** What its owner does with it. */
const theirEtcdctl = (line: string) =>
  fleet.on(
    HOLDER,
    `own-etcdctl --endpoints https://${addressOf(fleet, HOLDER)}:2379 --cacert ${FILES}/ca.crt` +
      ` --cert ${FILES}/client.crt --key ${FILES}/client.key ${line}`,
  )

describe('a cluster on an etcd that somebody else runs', () => {
  it('is not started if that etcd holds another cluster', async () => {
    await theirEtcdctl('put /registry/minions/another-cluster x')
    const applied = await fleet.quorate('apply', '-f', clusterFile, '--on-blocked', 'exit')
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(3)
    expect(applied.stdout + applied.stderr).toContain('CLUSTER_EXISTS')
    expect(await theirEtcdctl('get /registry/ --prefix --keys-only')).toBe(
      '/registry/minions/another-cluster\n\n',
    )
    await theirEtcdctl('del /registry/ --prefix')
    await fleet.quorate('resume', fleet.name, '--abort')
    const state = async () => (await fleet.quorate('status', '--json', fleet.name)).stdout
    await expect.poll(state, { timeout: 60_000 }).toContain('"state":"cancelled"')
  })

  it('is not started while that etcd does not answer', async () => {
    await signalEtcd('STOP')
    const applying = fleet.startQuorate('apply', '-f', clusterFile, '--on-blocked', 'exit')
    await expect
      .poll(async () => (await fleet.quorate('status', '--json', fleet.name)).stdout, { timeout: 240_000 })
      .toContain('2379')
    expect(await fleet.on('cp1', 'ls /var/lib/quorate/operations/*/kubeadm-init.* 2>/dev/null || true')).toBe(
      '',
    )
    await signalEtcd('CONT')
    const applied = await applying.ended
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
  })

  it('keeps its state there and has no etcd of its own', async () => {
    expect(await readyNodes(fleet)).toEqual(CONTROL_PLANES)
    await expectEachUnitOnce(fleet, {
      cp1: [...PREPARE, 'kubeadm-init'],
      cp2: [...PREPARE, 'kubeadm-join'],
      lb1: ['install-haproxy'],
    })
    for (const host of CONTROL_PLANES) {
      expect(
        await fleet.on(
          host,
          'ls -d /etc/kubernetes/manifests/etcd.yaml /var/lib/etcd/member 2>/dev/null || true',
        ),
      ).toBe('')
    }
    const data = await fleet.on(HOLDER, `grep -c /registry/minions/cp2 ${FILES}/data/member/snap/db`)
    expect(Number(data)).toBeGreaterThan(0)
  })

  it('has the client key on control planes only, and in no history', async () => {
    const digests = await Promise.all(
      CONTROL_PLANES.map((host) =>
        fleet.on(
          host,
          'cd /etc/kubernetes/pki && stat -c %a apiserver-etcd-client.key && sha256sum <apiserver-etcd-client.key',
        ),
      ),
    )
    const own = await fleet.on(HOLDER, `echo 600; sha256sum <${FILES}/client.key`)
    expect(digests).toEqual([own, own])
    const key = await fleet.on(HOLDER, `sed -n 3p ${FILES}/client.key`)
    const found = await mustRun('sh', ['-c', `grep -rlF '${key.trim()}' '${fleet.engineFolder}' || true`])
    expect(found).toBe('')
  })

  it('is not changed by another apply', async () => {
    const again = await fleet.quorate('apply', '-f', clusterFile)
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toContain('nothing to change')
  })
})
