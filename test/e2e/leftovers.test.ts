import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changedClusterFile } from './support/changed-cluster-file.js'
import { Fleet } from '../support/fleet.js'
import { readyNodes } from '../support/expect-cluster.js'

const fleet = new Fleet('leftovers')
const HOSTS = ['cp1', 'w1']
const CALICO = '/etc/cni/net.d/10-calico.conflist'

beforeAll(async () => {
  const shape = ['--control-planes', '1', '--workers', '1', '--load-balancers', '0']
  await fleet.up('--leftovers', '--os', 'debian-12,debian-13', ...shape)
})
afterAll(async () => {
  await fleet.down()
})

const onAll = (line: string) => Promise.all(HOSTS.map((host) => fleet.on(host, line)))

/** Whether containerd reads the drop-in of the vendor. */
const readsDropIn = (host: string) => fleet.on(host, 'containerd config dump | grep -c lab.vendor')

describe('hosts with leftovers of earlier use', () => {
  it('are refused while another pod network is configured, with the file; nothing of it is removed', async () => {
    const { exitCode, stdout, stderr } = await fleet.apply()
    expect(exitCode, stdout + stderr).toBe(1)
    expect(stdout + stderr).toMatch(/FOREIGN_POD_NETWORK/)
    expect(stdout + stderr).toContain(CALICO)
    await onAll(`test -s ${CALICO}`)
  })

  it('are reported if the endpoint name leads to themselves', async () => {
    const path = changedClusterFile(fleet, 'own-name.yaml', (spec) => {
      const { kubernetes } = spec as unknown as { kubernetes: Record<string, unknown> }
      kubernetes['controlPlaneEndpoint'] = `cp1.${fleet.name}.test:6443`
    })
    const { stdout, stderr } = await fleet.quorate('preflight', '-f', path)
    expect(stdout + stderr).toMatch(/ENDPOINT_WRONG_ADDRESS/)
    expect(stdout + stderr).toMatch(/127\.0\.1\.1, which is the host itself/)
  })

  it('become a cluster once that is fixed, with a warning about what an apply replaces', async () => {
    await onAll(`mv ${CALICO} ${CALICO}.off`)
    const { exitCode, stdout, stderr } = await fleet.apply()
    expect(exitCode, stdout + stderr).toBe(0)
    expect(stdout + stderr).toMatch(/CONTAINERD_CONFIG_REPLACED|\/etc\/containerd\/config\.toml/)
    expect(await readyNodes(fleet)).toEqual(HOSTS)
  })

  it('carry traffic between pods although FORWARD drops', async () => {
    expect(await onAll('iptables -S FORWARD | head -n 1')).toEqual(HOSTS.map(() => '-P FORWARD DROP\n'))
    const dns = JSON.parse(
      await fleet.kubectl('-n', 'kube-system', 'get', 'pods', '-l', 'k8s-app=kube-dns', '-o', 'json'),
    ) as {
      items: { status: { podIP: string }; spec: { nodeName: string } }[]
    }
    expect(new Set(dns.items.map(({ spec }) => spec.nodeName)).size).toBe(2)
    for (const { status } of dns.items) {
      // From each host to the pod on the other: what is asked for travels through that host's FORWARD.
      for (const host of HOSTS) {
        await fleet.on(host, `timeout 5 bash -c 'exec 3<>/dev/tcp/${status.podIP}/53'`)
      }
    }
  })

  it('keep forwarding enabled after a reboot, whatever disabled it before', async () => {
    await fleet.on('w1', 'sysctl --system > /dev/null')
    expect(await fleet.on('w1', 'sysctl -n net.ipv4.ip_forward')).toBe('1\n')
  })

  it("keep what a vendor added to containerd's configuration, even after another apply", async () => {
    for (const host of HOSTS) expect(await readsDropIn(host)).toMatch(/^[1-9]/)
    const again = await fleet.apply()
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toMatch(/nothing to change/)
    for (const host of HOSTS) expect(await readsDropIn(host)).toMatch(/^[1-9]/)
  })
})
