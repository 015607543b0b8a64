import { describe, expect, it } from 'vitest'
import { roomObstacle } from '../../../../src/hosts/kubernetes/room.js'
import type { KubernetesNode } from '../../../../src/hosts/kubernetes/nodes.js'

function node(name: string, changes: { ready?: boolean; cordonedBy?: 'us' | 'others' } = {}): KubernetesNode {
  const { ready = true, cordonedBy } = changes
  return {
    metadata: {
      name,
      labels: name.startsWith('cp') ? { 'node-role.kubernetes.io/control-plane': '' } : {},
      annotations: cordonedBy === 'us' ? { 'quorate.dev/cordoned': 'operation' } : {},
    },
    spec: { unschedulable: cordonedBy !== undefined },
    status: {
      nodeInfo: { kubeletVersion: 'v1.36.3' },
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }
}

describe('a worker that is to become unavailable', () => {
  it('waits while another one is not Ready, or was cordoned by us', () => {
    const away = [node('w2', { ready: false }), node('w3', { cordonedBy: 'us' })]
    expect(roomObstacle([node('w1'), ...away], 'w1', 2)).toBe(
      '2 workers are unavailable (w2, w3), and 2 may be at once',
    )
    expect(roomObstacle([node('w1'), ...away], 'w1', 3)).toBeUndefined()
  })

  it('does not count itself, control planes, and nodes that somebody else has cordoned', () => {
    const nodes = [
      node('w1', { cordonedBy: 'us' }),
      node('cp1', { ready: false }),
      node('w2', { cordonedBy: 'others' }),
    ]
    expect(roomObstacle(nodes, 'w1', 1)).toBeUndefined()
  })
})
