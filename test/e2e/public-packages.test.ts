/** Clusters from package repositories in the shapes that the public one has had. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PackagesShape } from '../../lab/builds/package-shapes.js'
import { Fleet } from '../support/fleet.js'
import { journal, readyNodes } from '../support/expect-cluster.js'

const HOSTS = ['cp1', 'w1'] as const
/** By shape: the fleet's name, and the tools that its hosts end with. */
const SHAPES: Readonly<Record<Exclude<PackagesShape, 'published'>, readonly [string, RegExp]>> = {
  'with-dependencies': ['packages-with', /^cri-tools kubernetes-cni $/],
  'without-dependencies': ['packages-without', /^cri-tools kubernetes-cni $/],
  'without-tools': ['packages-no-tools', /^containernetworking-plugins $/],
}

describe.each(Object.entries(SHAPES))('a package repository %s', (shape, [name, tools]) => {
  const fleet = new Fleet(name)

  beforeAll(async () => {
    const roles = ['--control-planes', '1', '--workers', '1', '--load-balancers', '0']
    await fleet.up('--packages', shape, ...roles)
    // A proxy that is not there, as people set one for their shells alone: nothing of the cluster may take it up.
    for (const host of HOSTS) {
      await fleet.on(host, "echo 'https_proxy=http://127.0.0.1:9' >>/etc/environment")
    }
  })
  afterAll(async () => {
    await fleet.down()
  })

  it('is sufficient for a cluster', async () => {
    const applied = await fleet.apply()
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual([...HOSTS])
    for (const host of HOSTS) {
      const names = 'containernetworking-plugins cri-tools kubernetes-cni'
      const installed = await fleet.on(
        host,
        `for name in ${names}; do dpkg -s $name >/dev/null 2>&1 && printf '%s ' $name; done; true`,
      )
      expect(installed, host).toMatch(tools)
    }
    expect(await fleet.on('cp1', 'grep -il _proxy /etc/kubernetes/manifests/* || true')).toBe('')
  })

  it('causes no changes in a second apply', async () => {
    const before = await Promise.all(HOSTS.map((host) => journal(fleet, host)))
    const again = await fleet.apply()
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toMatch(/nothing to change/)
    expect(await Promise.all(HOSTS.map((host) => journal(fleet, host)))).toEqual(before)
  })
})
