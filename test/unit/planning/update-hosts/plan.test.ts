import { describe, expect, it } from 'vitest'
import type { BootFacts } from '../../../../src/facts/boot.js'
import type { HostUpdates } from '../../../../src/facts/updates.js'
import { DRAIN_DEFAULTS } from '../../../../src/operations/drain.js'
import type { UpdateRequest } from '../../../../src/operations/update-hosts/request.js'
import { askedForUpdates, planUpdate } from '../../../../src/planning/update-hosts/plan.js'
import { aCluster, bareDetails } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'

const updates = (...names: readonly string[]): HostUpdates => ({
  packages: names.map((name) => ({ name, from: '1', to: '2', isSecurity: name.startsWith('open') })),
  kept: [],
  isInterrupted: false,
  ownFiles: [],
})

function planned(
  found: Readonly<Record<string, HostUpdates>>,
  more: Partial<UpdateRequest> = {},
  boots: Readonly<Record<string, Partial<BootFacts>>> = {},
  cluster = aCluster(),
  standing = standingOf(cluster),
) {
  const details = Object.fromEntries(
    cluster.hosts.map(({ name }) => [
      name,
      { details: bareDetails(name, { boot: { bootId: `boot-${name}`, ...boots[name] } }) },
    ]),
  )
  const request: UpdateRequest = {
    hosts: [],
    reboot: 'required',
    drain: DRAIN_DEFAULTS,
    returnTimeoutMs: 600_000,
    windows: [],
    ...more,
  }
  const presence = present(standing)
  const asked = askedForUpdates(cluster, joinedFacts(cluster, details), { presence, unanswered: [] }, request)
  return planUpdate(asked, new Map(Object.entries(found)), request)
}

const action = ({ changes }: ReturnType<typeof planned>, host: string) =>
  changes.find((one) => one.host === host)?.action

describe('an update of hosts', () => {
  it('is for hosts that have updates, in the order of a reboot', () => {
    const plan = planned({ lb1: updates('haproxy'), w2: updates('curl'), cp2: updates('curl') })
    expect(plan.changes.map(({ host }) => host)).toEqual(['cp2', 'w2', 'lb1'])
    expect(plan.changes[0]?.phase).toBe('Control plane updates')
  })

  it('names what is for security first, how much more there is, and what restarts', () => {
    const plan = planned({ w1: updates('a', 'b', 'c', 'containerd', 'openssl') })
    expect(action(plan, 'w1')).toBe(
      'update 5 packages (1 for security): openssl, a, b, c, and 1 more; containerd restarts; reboot if its system then asks for it',
    )
    expect(plan.updates.find(({ host }) => host === 'w1')?.packages).toHaveLength(5)
  })

  it('drains only where the update changes the container runtime or calls for a reboot', () => {
    const plan = planned({ cp1: updates('curl'), w1: updates('runc'), w2: updates('libc6') })
    expect(plan.drained).toEqual(['w1', 'w2'])
  })

  it('foresees reboots, and what does not answer meanwhile', () => {
    const plan = planned({ lb1: updates('linux-image-6.1.0-30-amd64') })
    expect(action(plan, 'lb1')).toBe('update 1 package: linux-image-6.1.0-30-amd64; a new kernel; reboot')
    expect(plan.warnings).toEqual([
      'the control plane endpoint does not answer while the only load balancer reboots',
    ])
    expect(planned({ lb1: updates('libc6') }, { reboot: 'never' }).warnings).toEqual([])
  })

  it('finishes what an earlier run left: a reboot that is due, an installation that was cut off', () => {
    const due = { w1: { required: ['libc6'] } }
    expect(action(planned({}, {}, due), 'w1')).toBe('reboot (its system asks for it, for libc6)')
    expect(planned({}, { reboot: 'never' }, due).changes).toEqual([])
    const cutOff = planned({ w1: { ...updates(), isInterrupted: true } })
    expect(action(cutOff, 'w1')).toMatch(/^finish an installation that was cut off/)
  })

  it('takes a node back that an earlier run has left cordoned, without a reboot', () => {
    const cluster = aCluster()
    const standing = standingOf(cluster)
    const nodes = standing.nodes.map((node) =>
      node.name === 'w1' ? { ...node, cordonedByUs: true as const } : node,
    )
    const plan = planned({}, {}, {}, cluster, { ...standing, nodes })
    expect(plan.changes.map(({ host, action }) => [host, action])).toEqual([
      ['w1', 'uncordon (an earlier run has left it cordoned)'],
    ])
    expect(plan.drained).toEqual([])
  })

  it('has nothing to do where everything is up to date, even if each update is followed by a reboot', () => {
    expect(planned({ w1: updates() }, { reboot: 'always' }).changes).toEqual([])
  })

  it('tells what stays as it is, and lists that may be old', () => {
    const plan = planned({ w1: { ...updates(), kept: ['kubelet', 'libfoo1'], stale: 'W: Failed to fetch' } })
    expect(plan.warnings).toEqual([
      'w1 does not update libfoo1: held, or others would have to go',
      'w1 could not fetch every list of packages: W: Failed to fetch',
    ])
  })
})
