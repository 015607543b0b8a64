import { describe, expect, it } from 'vitest'
import { clusterApi, type ClusterApi } from '../../../../src/hosts/kubernetes/cluster-api.js'
import type { ApiRequest } from '../../../../src/hosts/kubernetes/api/client.js'
import { refused } from '../../../../src/hosts/kubernetes/api/refusal.js'
import type { KubernetesNode } from '../../../../src/hosts/kubernetes/nodes.js'
import { markNewNode, markNode } from '../../../../src/hosts/kubernetes/node-marks.js'
import type { Host } from '../../../../src/cluster/model.js'
import { aHost } from '../../../support/clusters.js'
import { scriptedSession } from '../../../support/scripted-session.js'

const EFFECT = 'NoExecute'

function aNode(metadata: Partial<KubernetesNode['metadata']> = {}, taints: readonly object[] = []) {
  return {
    metadata: { name: 'w1', resourceVersion: '7', ...metadata },
    spec: { taints },
    status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [] },
  } as KubernetesNode
}

/** Marks the node of a host, and tells what the API was asked for. The first patches meet as many conflicts. */
async function mark(
  host: Host,
  node: KubernetesNode,
  act: (api: ClusterApi) => Promise<readonly string[]> = (api) => markNode(api, host, node),
  conflicts = 0,
) {
  const asked: { readonly line: string; readonly patch?: unknown }[] = []
  const session = scriptedSession(aHost('cp1'), [])
  const server = { host: '192.0.2.11', port: 6443 }
  const ask = ({ method, path, body }: ApiRequest): Promise<string> => {
    asked.push({ line: `${method} ${path}`, ...(body === undefined ? {} : { patch: body }) })
    const patches = asked.filter(({ patch }) => patch !== undefined).length
    if (method === 'GET' || patches > conflicts) return Promise.resolve(JSON.stringify(node))
    return Promise.reject(refused(session, 'PATCH', { status: 409, reason: 'Conflict', message: '', causes: [] }))
  }
  const actions = await act(clusterApi(session, server, ask))
  return { actions, asked }
}

describe('the node of a host', () => {
  it('is neither read nor patched if it was seen to match the file', async () => {
    const annotations = { 'quorate.dev/labels': 'disk' }
    const node = aNode({ labels: { disk: 'ssd', other: 'x' }, annotations })
    expect(await mark(aHost('w1', { labels: { disk: 'ssd' } }), node)).toEqual({ actions: [], asked: [] })
  })

  it('gets labels, taints and annotations in one call, based on the version that was read', async () => {
    const foreign = {
      key: 'node.kubernetes.io/unreachable',
      effect: EFFECT,
      timeAdded: '2026-01-01T00:00:00Z',
    }
    const annotations = { 'quorate.dev/labels': 'gone', 'quorate.dev/taints': 'old:NoSchedule' }
    const node = aNode({ labels: { gone: '1' }, annotations }, [
      foreign,
      { key: 'old', effect: 'NoSchedule' },
    ])
    const host = aHost('w1', {
      labels: { disk: 'ssd' },
      taints: [{ key: 'gpu', value: 'yes', effect: EFFECT }],
    })
    const { actions, asked } = await mark(host, node)
    expect(actions).toHaveLength(4)
    expect(asked).toHaveLength(1)
    expect(asked[0]?.line).toBe('PATCH /api/v1/nodes/w1')
    expect(asked[0]?.patch).toEqual({
      metadata: {
        resourceVersion: '7',
        labels: { disk: 'ssd', gone: null },
        annotations: { 'quorate.dev/labels': 'disk', 'quorate.dev/taints': 'gpu:NoExecute' },
      },
      spec: { taints: [foreign, { key: 'gpu', value: 'yes', effect: EFFECT }] },
    })
  })

  it('only gets annotations if it predates them, which does not count as a change', async () => {
    const { actions, asked } = await mark(
      aHost('w1', { labels: { disk: 'ssd' } }),
      aNode({ labels: { disk: 'ssd' } }),
    )
    expect(actions).toEqual([])
    expect(asked[0]?.patch).toEqual({
      metadata: { labels: {}, annotations: { 'quorate.dev/labels': 'disk' } },
    })
  })

  it('that has just joined is read only if the file has labels or taints', async () => {
    const plain = aHost('w1')
    expect((await mark(plain, aNode(), (api) => markNewNode(api, plain))).asked).toEqual([])
    const labelled = aHost('w1', { labels: { disk: 'ssd' } })
    expect((await mark(labelled, aNode(), (api) => markNewNode(api, labelled))).asked).toHaveLength(2)
  })

  it('is read and patched again if somebody else changes it at the same time', async () => {
    const host = aHost('w1', { labels: { disk: 'ssd' } })
    const { actions, asked } = await mark(host, aNode(), (api) => markNode(api, host, aNode()), 1)
    expect(actions).toHaveLength(1)
    expect(asked.map(({ line }) => line.split(' ')[0])).toEqual(['PATCH', 'GET', 'PATCH'])
  })
})
