import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdVoters, readyNodes } from '../support/expect-cluster.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import type { Ended } from '../support/process.js'
import { addressOf, changedClusterFile } from './support/changed-cluster-file.js'
import { Ledger } from './support/ledger.js'

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1']
/** How long certificates last that kubeadm and the controller manager issue at first, and after the renewal. */
const AT_FIRST = '15m0s'
const AFTERWARDS = '8m0s'
const OF_KUBELETS = '8m0s'

/** A cluster whose certificates end within minutes: they are renewed in time, and once too late. */
const fleet = new Fleet('certificates')
let file = ''

beforeAll(async () => {
  await fleet.up('--workers', '1')
  file = lasting(AT_FIRST)
  expectDone(await fleet.quorate('apply', '-f', file))
})
afterAll(async () => {
  await fleet.down()
})

/** The fleet's cluster file with this lifetime of certificates. */
function lasting(period: string): string {
  return changedClusterFile(fleet, `lasting-${period}.yaml`, (spec) => {
    const { kubernetes } = spec as unknown as { kubernetes: { kubeadm: Record<string, object> } }
    const extraArgs = [{ name: 'cluster-signing-duration', value: OF_KUBELETS }]
    kubernetes.kubeadm['clusterConfiguration'] = {
      certificateValidityPeriod: period,
      controllerManager: { extraArgs },
    }
  })
}

interface Seen {
  readonly host: string
  readonly name: string
  readonly notAfter: string
  readonly isCA: boolean
  readonly leftMs: number
  readonly served?: { readonly at: string; readonly shows: string }
}

async function table(
  ...args: readonly string[]
): Promise<{ seen: readonly Seen[]; exitCode: number | null }> {
  const ended = await fleet.quorate('--json', 'certificates', '-f', file, ...args)
  const { certificates } = JSON.parse(ended.stdout) as { certificates: readonly Seen[] }
  return { seen: certificates, exitCode: ended.exitCode }
}

function renew(...args: readonly string[]): Promise<Ended> {
  return fleet.quorate('certificates', 'renew', '-f', file, '--yes', ...args)
}

const started = (host: string, component: string) =>
  fleet.on(host, `stat -c %Y /proc/$(pidof ${component} | cut -d ' ' -f 1)`)

describe('the table of certificates', () => {
  it('has those of kubeadm, etcd, kubeconfigs and kubelets, and what is on the wire', async () => {
    const { seen, exitCode } = await table()
    expect(exitCode).toBe(0)
    const of = (host: string) => seen.filter((one) => one.host === host).map(({ name }) => name)
    expect(of('cp2')).toEqual(
      expect.arrayContaining([
        ...['apiserver.crt', 'apiserver-kubelet-client.crt', 'apiserver-etcd-client.crt'],
        ...['front-proxy-client.crt', 'etcd/server.crt', 'etcd/peer.crt', 'etcd/healthcheck-client.crt'],
        ...['ca.crt', 'etcd/ca.crt', 'front-proxy-ca.crt', 'admin.conf', 'controller-manager.conf'],
        ...['scheduler.conf', 'kubelet-client-current.pem', 'kubelet.crt'],
      ]),
    )
    expect(of('cp1')).toContain('super-admin.conf')
    expect(of('w1').sort()).toEqual(['ca.crt', 'kubelet-client-current.pem', 'kubelet.crt'])
    expect(of('lb1')).toEqual([])
    const served = seen.filter((one) => one.served !== undefined)
    expect(served).toHaveLength(3 * 4 + 1)
    expect(served.filter((one) => one.served?.shows !== 'same')).toEqual([])
    expect(seen.map(({ leftMs }) => leftMs)).toEqual(
      seen.map(({ leftMs }) => leftMs).toSorted((a, b) => a - b),
    )
  })

  it('ends as kubeadm itself says', async () => {
    const { seen } = await table()
    const said = JSON.parse(await fleet.on('cp1', 'kubeadm certs check-expiration -o json 2>/dev/null')) as {
      certificates: { name: string; expirationDate: string }[]
    }
    for (const name of ['apiserver', 'admin.conf']) {
      const own = seen.find((one) => one.host === 'cp1' && one.name.replace('.crt', '') === name)
      const theirs = said.certificates.find((one) => one.name === name)
      expect(Date.parse(own?.notAfter ?? '')).toBe(Date.parse(theirs?.expirationDate ?? ''))
    }
  })

  it('tells by its exit code that something ends within a time', async () => {
    expect((await table('--within', '1s')).exitCode).toBe(0)
    expect((await table('--within', '2h')).exitCode).toBe(4)
  })

  it('shows a host that does not answer as a row among the others', async () => {
    await fleet.on('w1', 'systemctl stop ssh.socket ssh 2>/dev/null || systemctl stop ssh')
    const shown = await fleet.quorate('certificates', '-f', file)
    await fleet.on('w1', 'systemctl start ssh')
    expect(shown.exitCode, shown.stderr).toBe(1)
    expect(shown.stdout).toMatch(/w1 +does not answer/)
    expect(shown.stdout).toContain('apiserver.crt')
  })
})

describe('a renewal of certificates', () => {
  it('fails no write behind our balancer, though its worker is killed', async () => {
    // What the cluster keeps counts, also where the file says something else.
    const kept = await fleet.kubectl('-n', 'kube-system', 'get', 'configmap', 'kubeadm-config', '-o', 'json')
    await fleet.on(
      'cp1',
      `cat >/tmp/kept.json <<'END'\n${kept.replaceAll(AT_FIRST, AFTERWARDS)}\nEND\nkubectl --kubeconfig /etc/kubernetes/admin.conf replace -f /tmp/kept.json`,
    )
    file = lasting(AFTERWARDS)
    const before = (await table()).seen
    const managers = await Promise.all(CONTROL_PLANES.map((host) => started(host, 'kube-controller-manager')))
    const servers = await Promise.all(
      CONTROL_PLANES.map((host) => fleet.on(host, 'pidof kube-apiserver etcd')),
    )
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
    const began = Date.now()
    const renewing = fleet.startQuorate('certificates', 'renew', '-f', file, '--yes', '--all')
    await expect
      .poll(() => fleet.on('cp2', 'ls /var/lib/quorate/operations/*/ 2>/dev/null || true'), {
        timeout: 300_000,
        interval: 200,
      })
      .toContain('kubeadm-certs-renew')
    fleet.killWorker()
    const ended = expectDone(await renewing.ended)
    const { acknowledged, longestGapMs, failures, lost } = await ledger.close()
    console.log(
      `certificates: renewed in ${Math.round((Date.now() - began) / 1000)} s; ${acknowledged} writes acknowledged, ${failures.length} failed, longest gap ${longestGapMs} ms`,
    )
    expect(failures).toEqual([])
    expect(lost).toEqual([])
    expect(ended.stdout).toContain('quorate kubeconfig')
    const { seen } = await table()
    const ends = (list: readonly Seen[], { host, name }: Seen) =>
      list.find((one) => one.host === host && one.name === name)?.notAfter
    const ofKubeadm = seen.filter(({ isCA, name }) => !isCA && !name.startsWith('kubelet'))
    expect(ofKubeadm.filter((one) => ends(before, one) === ends(seen, one))).toEqual([])
    expect(seen.filter((one) => one.served !== undefined && one.served.shows !== 'same')).toEqual([])
    for (const [index, host] of CONTROL_PLANES.entries()) {
      expect(await started(host, 'kube-controller-manager')).not.toBe(managers[index])
      expect(await fleet.on(host, 'pidof kube-apiserver etcd'), host).toBe(servers[index])
    }
  })

  it('changes nothing the second time', async () => {
    const again = expectDone(await renew())
    expect(again.stdout).toContain('nothing to renew')
  })

  it('repairs a key that does not fit, as a kubeadm leaves it that was killed', async () => {
    await fleet.on('cp2', 'cd /etc/kubernetes/pki && cp front-proxy-client.key apiserver-kubelet-client.key')
    await fleet.on('cp2', ': >/etc/kubernetes/scheduler.conf')
    const repaired = expectDone(await renew('cp2'))
    expect(repaired.stdout).toMatch(/apiserver-kubelet-client.*scheduler\.conf/)
    // The API server closes its connections to kubelets when it takes up its new certificate for them.
    const logs = () => fleet.kubectl('-n', 'kube-system', 'logs', 'etcd-cp2', '--tail', '1').catch(() => '')
    await expect.poll(logs, { timeout: 60_000, interval: 1_000 }).not.toBe('')
  })
})

describe('a cluster that was off until everything had ended', () => {
  it('comes back, with no API to ask', async () => {
    for (const host of NODES) await fleet.on(host, 'systemctl stop kubelet; crictl stop $(crictl ps -q)')
    const ends = (await table()).seen
      .filter(({ isCA, name }) => !isCA && name !== 'kubelet.crt')
      .map(({ notAfter }) => Date.parse(notAfter))
    const last = Math.max(...ends)
    console.log(`certificates: everything ends in ${Math.round((last - Date.now()) / 1000)} s`)
    while (Date.now() < last + 5_000) await delay(5_000)
    for (const host of NODES) await fleet.on(host, 'systemctl start kubelet || true')
    const shown = await fleet.quorate('certificates', '-f', file)
    expect(shown.stdout).toContain('ended')
    const began = Date.now()
    const renewed = expectDone(await renew())
    console.log(`certificates: brought back in ${Math.round((Date.now() - began) / 1000)} s`)
    expect(renewed.stdout).toContain('client certificate of the kubelet')
    expect(await readyNodes(fleet)).toEqual(NODES)
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    const { seen, exitCode } = await table('--within', '10s')
    expect(exitCode).toBe(0)
    expect(seen.filter((one) => one.served !== undefined && one.served.shows !== 'same')).toEqual([])
  })

  it('works as before', async () => {
    expectDone(await fleet.quorate('apply', '-f', file))
  })
})
