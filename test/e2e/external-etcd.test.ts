import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SHARED_CERTIFICATES } from '../../src/configuration/pki.js'
import { etcdctl } from './support/etcdctl.js'
import { Fleet } from '../support/fleet.js'
import { expectEachUnitOnce, journal, readyNodes } from '../support/expect-cluster.js'

const ETCD = ['e1', 'e2', 'e3']
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const PREPARE = ['install-kubernetes', 'pull-images']
const UNITS: Readonly<Record<string, readonly string[]>> = {
  e1: PREPARE,
  e2: PREPARE,
  e3: PREPARE,
  cp1: [...PREPARE, 'kubeadm-init'],
  cp2: [...PREPARE, 'kubeadm-join'],
  cp3: [...PREPARE, 'kubeadm-join'],
  w1: [...PREPARE, 'kubeadm-join'],
  lb1: ['install-haproxy'],
}
const PKI = '/etc/kubernetes/pki'

const fleet = new Fleet('external-etcd')

beforeAll(async () => {
  await fleet.up('--etcd', '3', '--control-planes', '3', '--workers', '1', '--load-balancers', '1')
})
afterAll(async () => {
  // A fleet of its own: the other scenarios of CI need the machine.
  await fleet.down({ keep: false })
})

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')
const containers = async (host: string) =>
  lines(await fleet.on(host, `crictl ps --state Running -o json | grep -o '"name": "[a-z-]*"' | sort -u`))
const digests = async (host: string, paths: readonly string[]) =>
  lines(await fleet.on(host, `cd ${PKI} && sha256sum ${paths.join(' ')} | cut -d' ' -f1`))

describe('a cluster with etcd on hosts of its own', () => {
  it('is complete after one apply, with each step run once on each host', async () => {
    const applied = await fleet.apply()
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual([...CONTROL_PLANES, 'w1'])
    await expectEachUnitOnce(fleet, UNITS)
  })

  it('has exactly these hosts as voting members, which hold its state', async () => {
    const members = lines(await etcdctl(fleet, 'member list -w simple', 'e2'))
    for (const member of members) expect(member).toMatch(/, started, .*, false$/)
    expect(members.map((member) => member.split(', ')[2]).sort()).toEqual(ETCD)
    const nodes = await etcdctl(fleet, 'get /registry/minions/ --prefix --keys-only', 'e3')
    expect(nodes).toContain('/registry/minions/w1')
  })

  it('has no etcd on control planes, and nothing else on etcd hosts', async () => {
    for (const host of CONTROL_PLANES) {
      expect(await containers(host), host).not.toContain('"name": "etcd"')
      const left = `ls -d /var/lib/etcd/member /etc/kubernetes/manifests/etcd.yaml ${PKI}/etcd/server.crt 2>/dev/null || true`
      expect(await fleet.on(host, left), host).toBe('')
    }
    for (const host of ETCD) {
      expect(await containers(host), host).toEqual(['"name": "etcd"'])
      expect(await fleet.on(host, `ls -d ${PKI}/ca.crt /etc/kubernetes/*.conf 2>/dev/null || true`)).toBe('')
    }
  })

  it('keeps the CA key of etcd on one host, and every other key where it belongs', async () => {
    const holders = await Promise.all(
      [...ETCD, ...CONTROL_PLANES, 'w1'].map(async (host) =>
        (await fleet.on(host, `[ -e ${PKI}/etcd/ca.key ] && echo ${host} || true`)).trim(),
      ),
    )
    expect(holders.filter((host) => host !== '')).toEqual(['e1'])
    const own = ['server', 'peer', 'healthcheck-client'].map((name) => `etcd/${name}.key`)
    const keys = (await Promise.all(ETCD.map((host) => digests(host, own)))).flat()
    expect(new Set(keys).size, 'a key of one member is on another').toBe(keys.length)
    for (const host of ETCD) {
      const modes = await fleet.on(host, `cd ${PKI} && stat -c '%a %U:%G' ${own.join(' ')}`)
      expect(lines(modes)).toEqual(own.map(() => '600 root:root'))
      expect(
        await fleet.on(host, 'find /run/quorate /tmp -name "*.key" -o -name "ca.crt" 2>/dev/null || true'),
      ).toBe('')
    }
    const shared = SHARED_CERTIFICATES.external.map(({ path }) => path.replace(`${PKI}/`, ''))
    const [first, ...others] = await Promise.all(CONTROL_PLANES.map((host) => digests(host, shared)))
    for (const other of others) expect(other).toEqual(first)
  })

  it('is not changed by another apply', async () => {
    const before = await Promise.all(Object.keys(UNITS).map((host) => journal(fleet, host)))
    const again = await fleet.apply()
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toMatch(/nothing to change/)
    expect(await Promise.all(Object.keys(UNITS).map((host) => journal(fleet, host)))).toEqual(before)
  })
})
