import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteLeavingNode } from '../../../../src/activities/delete-leaving-node.js'
import {
  forgetRemoved,
  rememberRemoved,
  removedMachines,
} from '../../../../src/hosts/kubernetes/removed-machines.js'
import { PATIENCE } from '../../../../src/hosts/timeouts.js'
import { hostContext, type HostContext } from '../../../../src/hosts/context.js'
import type { Host } from '../../../../src/cluster/model.js'
import { aHost } from '../../../support/clusters.js'
import { MemoryCluster } from '../../../support/memory-cluster.js'

let cluster: MemoryCluster
beforeEach(async () => {
  cluster = await MemoryCluster.start()
})
afterEach(() => cluster.close())

const LIST = '/api/v1/namespaces/kube-system/configmaps/quorate'
const removedAt = '2026-11-26T20:00:00.000Z'
const w1 = { name: 'w1', machineId: 'machine-w1', removedAt }

describe('the list of removed machines', () => {
  it('is empty while nothing was ever removed, and asking changes nothing', async () => {
    expect(await removedMachines(cluster.api)).toEqual([])
    expect(await forgetRemoved(cluster.api, aHost('w1', { machineId: 'machine-w1' }))).toBe(false)
    expect(cluster.changes).toEqual([])
  })

  it('remembers each machine once', async () => {
    expect(await rememberRemoved(cluster.api, w1)).toBe(true)
    expect(await rememberRemoved(cluster.api, { ...w1, removedAt: 'later' })).toBe(false)
    expect(await rememberRemoved(cluster.api, { name: 'e3', removedAt })).toBe(true)
    expect(await removedMachines(cluster.api)).toEqual([w1, { name: 'e3', removedAt }])
  })

  it('forgets a machine by its ID, not by its name', async () => {
    await rememberRemoved(cluster.api, w1)
    expect(await forgetRemoved(cluster.api, aHost('w1', { machineId: 'another' }))).toBe(false)
    expect(await forgetRemoved(cluster.api, aHost('w9', { machineId: 'machine-w1' }))).toBe(true)
    expect(await removedMachines(cluster.api)).toEqual([])
  })

  it('forgets a machine that nobody knew by its name', async () => {
    await rememberRemoved(cluster.api, { name: 'e3', removedAt })
    expect(await forgetRemoved(cluster.api, aHost('e3', { machineId: 'machine-e3' }))).toBe(true)
  })

  it('keeps what else is in the ConfigMap, and counts as empty if somebody has spoilt it', async () => {
    cluster.add(LIST, { data: { removed: 'nonsense', other: 'stays' } })
    expect(await removedMachines(cluster.api)).toEqual([])
    await rememberRemoved(cluster.api, w1)
    expect(cluster.objects.get(LIST)?.['data']).toMatchObject({ other: 'stays' })
    expect(await removedMachines(cluster.api)).toEqual([w1])
  })
})

describe('deleting the node of a host that leaves', () => {
  const NODE = '/api/v1/nodes/w1'
  const aNode = (machineID: string) =>
    cluster.add(NODE, { status: { nodeInfo: { machineID }, conditions: [] } })
  const leave = (host: Host, isDead: boolean) => deleteLeavingNode(contextOf(), host, isDead)
  const host = aHost('w1', { machineId: 'machine-w1' })

  function contextOf(): HostContext {
    return hostContext({
      cluster: cluster.clusterFile,
      host: cluster.api.session.host,
      session: cluster.api.session,
      sessions: { session: () => Promise.resolve(cluster.api.session), close: () => Promise.resolve() },
      operation: 'test',
      signal: new AbortController().signal,
      isCancelled: () => false,
      patience: PATIENCE,
      report: () => undefined,
    })
  }

  it('remembers a dead machine before its node is gone', async () => {
    aNode('machine-w1')
    expect(await leave(host, true)).toMatchObject({
      changed: true,
      summary: 'deleted its node, remembered as dead',
    })
    expect(cluster.changes.map((change) => change.split(' ')[0])).toEqual(['POST', 'DELETE'])
    expect(await removedMachines(cluster.api)).toMatchObject([{ name: 'w1', machineId: 'machine-w1' }])
  })

  it('forgets a machine that was removed as dead, and has now been reset', async () => {
    await rememberRemoved(cluster.api, w1)
    aNode('machine-w1')
    await leave(host, false)
    expect(await removedMachines(cluster.api)).toEqual([])
  })

  it('changes nothing the second time', async () => {
    aNode('machine-w1')
    await leave(host, false)
    const { length } = cluster.changes
    expect(await leave(host, false)).toEqual({ changed: false, summary: 'has no node' })
    expect(cluster.changes).toHaveLength(length)
  })

  it('leaves the node of another machine alone', async () => {
    aNode('another')
    await expect(leave(host, false)).rejects.toMatchObject({ code: 'NODE_NAME_TAKEN' })
    expect(cluster.objects.has(NODE)).toBe(true)
  })
})
