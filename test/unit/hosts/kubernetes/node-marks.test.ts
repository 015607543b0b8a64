import { describe, expect, it } from 'vitest'
import type { ClusterApi, KubernetesNode } from '../../../../src/hosts/kubernetes/kubectl.js'
import { markNewNode, markNode } from '../../../../src/hosts/kubernetes/node-marks.js'
import type { Host } from '../../../../src/cluster/model.js'
import type { Session } from '../../../../src/ssh/session.js'
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

/** Marks the node of a host, and tells what kubectl was run for. */
async function mark(
  host: Host,
  node: KubernetesNode,
  act: (api: ClusterApi) => Promise<readonly string[]> = (api) => markNode(api, host, node),
) {
  const asked: { line: string; patch?: unknown }[] = []
  const scripted = scriptedSession(aHost('cp1'), [[' get node ', JSON.stringify(node)]])
  const session: Session = {
    ...scripted,
    run: (command, options) => {
      const stdin = options?.stdin?.toString()
      asked.push({
        line: command.line,
        ...(stdin === undefined ? {} : { patch: JSON.parse(stdin) as unknown }),
      })
      return scripted.run(command, options)
    },
  }
  const actions = await act({ session, server: 'https://192.0.2.11:6443' })
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
    expect(asked[0]?.line).toContain('patch node w1 --type merge')
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
})
