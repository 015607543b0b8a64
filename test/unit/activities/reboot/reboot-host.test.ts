import { describe, expect, it } from 'vitest'
import { rebootHost, type HostReboot } from '../../../../src/activities/reboot/reboot-host.js'
import { CORDONED_ANNOTATION } from '../../../../src/hosts/kubernetes/cordon.js'
import { PATIENCE } from '../../../../src/hosts/timeouts.js'
import { rebootingHost } from '../../../support/rebooting-host.js'

const HASTY = { ...PATIENCE, runtime: 1, etcd: 1, node: 1, components: 1 }

function scene(...host: Parameters<typeof rebootingHost>) {
  const { away, reboot, ...seen } = rebootingHost(...host)
  return { ...seen, reboot: (more: Partial<HostReboot> = {}) => rebootHost(away, { ...reboot, ...more }) }
}

describe('a worker that reboots', () => {
  it('is drained before, and takes pods again once it is back', async () => {
    const { events, reboot } = scene('w1', { looksAway: 1 })
    await expect(reboot()).resolves.toMatchObject({ changed: true })
    expect(events).toEqual(['cordoned', 'rebooted', 'uncordoned', 'guard removed'])
  })

  it('is not rebooted again by an attempt that finds another boot, or finds it away', async () => {
    const { events, reboot, node } = scene('w1', { isRebooted: true, looksAway: 1 })
    node.metadata.annotations = { [CORDONED_ANNOTATION]: 'earlier' }
    node.spec.unschedulable = true
    await reboot()
    expect(events).toEqual(['uncordoned', 'guard removed'])
  })

  it('stays as somebody else has cordoned it', async () => {
    const { events, reboot, node } = scene('w1')
    node.spec.unschedulable = true
    await reboot()
    expect(events).toEqual(['rebooted', 'guard removed'])
    expect(node.spec.unschedulable).toBe(true)
  })

  it('is reported when it is not back in time', async () => {
    const { events, reboot } = scene('w1', { looksAway: 99 })
    await expect(reboot({ returnTimeoutMs: 1 })).rejects.toMatchObject({
      code: 'HOST_NOT_BACK',
      message: 'it is not back after 0 s: no route to host',
    })
    expect(events).toEqual(['cordoned', 'rebooted'])
  })

  it('takes no pods again if another machine answers', async () => {
    const { events, reboot } = scene('w1', { machineId: 'stranger' })
    await expect(reboot()).rejects.toMatchObject({ code: 'HOST_CHANGED' })
    expect(events).toEqual(['cordoned', 'rebooted'])
  })
})

describe('a control plane that reboots', () => {
  it('starts its kubelet only with the data of etcd in place, until its member is back', async () => {
    const { events, reboot } = scene('cp2')
    await reboot()
    expect(events).toEqual([
      'cordoned',
      'guarded',
      'rebooted',
      'kubelet started',
      'uncordoned',
      'guard removed',
    ])
  })

  it('does not start its member where the disk is not mounted', async () => {
    const { events, reboot } = scene('cp2', { mount: '/ /dev/sda1 / 3333-4444' }, HASTY)
    await expect(reboot()).rejects.toMatchObject({
      code: 'ETCD_DATA_MISSING',
      message:
        "etcd's data were on 1111-2222, mounted at /var/lib/etcd; /var/lib/etcd is on 3333-4444 (mounted at /) now",
    })
    expect(events).toEqual(['cordoned', 'guarded', 'rebooted'])
  })

  it('does not count with a member of another etcd, and stays cordoned', async () => {
    const { events, reboot } = scene('cp2', { clusterId: '43' }, HASTY)
    await expect(reboot()).rejects.toMatchObject({ code: 'ETCD_OTHER_CLUSTER' })
    expect(events.slice(-2)).toEqual(['rebooted', 'kubelet started'])
  })
})
