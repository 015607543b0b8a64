import { describe, expect, it } from 'vitest'
import { completeControlPlane } from '../../../src/activities/init-control-plane.js'
import { undoJoin } from '../../../src/activities/undo-join.js'
import { joinControlPlane, joinWorker } from '../../../src/activities/join.js'
import { localApi } from '../../../src/hosts/kubernetes/cluster-api.js'
import type { KubernetesNode } from '../../../src/hosts/kubernetes/nodes.js'
import type { HostContext } from '../../../src/hosts/context.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import type { Host } from '../../../src/cluster/model.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { scriptedPool, type Answer, type Answers } from '../../support/scripted-session.js'

/** A step on a host on which no unit of this operation ran. */
function step<Result>(
  host: Host,
  answers: Answers,
  act: (context: HostContext) => Promise<Result>,
): Promise<Result> {
  const patience = { components: 2_000, etcd: 1, node: 2_000, runtime: 1 }
  return activity(() =>
    onHost(scriptedPool(answers, 'absent'), aCluster(), host, (context) => act({ ...context, patience })),
  )
}

/** A kubelet that registers its node when it starts, and only then. */
function kubelet(node: string) {
  const done: string[] = []
  const note = (what: string) => (): Answer => {
    done.push(what)
    return ''
  }
  const answers: Answers = [
    ['systemctl restart kubelet', note('restarted')],
    ['kubeadm reset', note('reset')],
    ['mark-control-plane', note('marked')],
    ['GET /api/v1/nodes/', () => (done.includes('restarted') ? node : 404)],
    ['/readyz', 'ok'],
  ]
  return { done, answers }
}

const node = (name: string) =>
  JSON.stringify({
    metadata: { name, labels: {} },
    status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [{ type: 'Ready', status: 'True' }] },
  })

describe('a deleted node', () => {
  it('of a joined worker returns when its kubelet restarts, without a reset', async () => {
    const { done, answers } = kubelet(node('w1'))
    const state = 'kubelet.conf\nkubelet-certificate\nkubeconfigs\njoin-complete\n'
    const joined = await step(aHost('w1'), [['kubelet-certificate', state], ...answers], (context) =>
      joinWorker(context, aHost('cp1')),
    )
    expect(joined).toMatchObject({ changed: true, summary: 'kubelet restarted, node registered again' })
    expect(done).toEqual(['restarted'])
  })

  it('of a control plane returns when its running kubelet restarts, and is marked', async () => {
    const { done, answers } = kubelet(node('cp2'))
    const state = 'kubelet.conf\nkubelet-certificate\nadmin.conf\n'
    await step(aHost('cp2'), [['kubelet-certificate', state], ...answers], (context) =>
      completeControlPlane(context, localApi(context.cluster, context.session)),
    )
    expect(done).toEqual(['restarted', 'marked'])
  })
})

describe("a control plane that lost the administrator's credentials", () => {
  const marked = JSON.stringify({
    metadata: { name: 'cp2', labels: { 'node-role.kubernetes.io/control-plane': '' } },
    status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [] },
  })
  const members = 'b, started, cp2, https://192.0.2.12:2380, https://192.0.2.12:2379, false\n'

  it('gets them again, and the summary says so', async () => {
    const made: string[] = []
    const answers: Answers = [
      ['init phase kubeconfig admin', () => `${made.push('admin.conf')}`],
      [
        'kubelet-certificate',
        'kubelet.conf\nkubelet-certificate\nca.key\nmanifests\netcd-data\nkubelet-runs\n',
      ],
      ['member list', members],
      ['GET /api/v1/nodes/', marked],
      ['/readyz', () => (made.length > 0 ? 'ok' : 500)],
    ]
    expect(await step(aHost('cp2'), answers, (one) => joinControlPlane(one, aHost('cp1')))).toMatchObject({
      changed: true,
      summary: 'wrote admin.conf again, voting etcd member',
    })
    expect(made).toEqual(['admin.conf'])
  })
})

describe('an existing node with the name of a host', () => {
  /** Undoing a join on w1, where the cluster has a node of that name. */
  const undo = (host: Host, machineID: string, address: string, answers: Answers = []) => {
    const known: KubernetesNode = {
      metadata: { name: 'w1' },
      status: {
        nodeInfo: { kubeletVersion: 'v1.36.3', machineID },
        addresses: [{ type: 'InternalIP', address }],
        conditions: [],
      },
    }
    const traces = { host: new Set([]), member: undefined, node: known }
    return step(host, answers, (context) =>
      undoJoin(context, localApi(context.cluster, context.session), traces),
    )
  }
  const byName = aHost('w1', { internalAddress: 'w1.example.com', machineId: 'one' })

  it('belongs to us if the machine is the same, whatever its address in the file', async () => {
    await undo(byName, 'one', '192.0.2.99')
  })

  it('belongs to us if the host has its address, after a reinstallation', async () => {
    await undo(byName, 'another', '192.0.2.99', [['ip -o address', '2: eth0 inet 192.0.2.99/24\n']])
  })

  it('belongs to somebody else otherwise', async () => {
    await expect(undo(byName, 'another', '192.0.2.99')).rejects.toMatchObject({ type: 'NODE_NAME_TAKEN' })
  })
})
