import { describe, expect, it } from 'vitest'
import { onHost } from '../../../src/activities/frame/frame.js'
import { verifyCluster } from '../../../src/activities/verify-cluster.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { ERRORS } from '../../../src/errors/index.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { scriptedPool, type Answers } from '../../support/scripted-session.js'

const IMPATIENT = { components: 1, etcd: 1, node: 1, runtime: 1 }

const clusterOf = (...hosts: readonly Host[]): Cluster =>
  aCluster({ hosts, network: { plugin: 'none' }, loadBalancer: { type: 'external' } })

const node = (name: string, version: string, spec: object = {}) => ({
  metadata: { name, labels: { 'node-role.kubernetes.io/control-plane': '' } },
  spec,
  status: { nodeInfo: { kubeletVersion: version }, conditions: [{ type: 'Ready', status: 'True' }] },
})
const component = (name: string) => ({
  metadata: { name },
  labels: { 'io.kubernetes.pod.namespace': 'kube-system', 'io.kubernetes.pod.name': `${name}-cp1` },
})

/** What a whole cluster of cp1 and w1 answers. */
const WHOLE: Answers = [
  ['member list', '1d02, started, cp1, https://192.0.2.11:2380, https://192.0.2.11:2379, false\n'],
  ['endpoint health', '[{"endpoint":"https://192.0.2.11:2379","health":true}]'],
  [
    'Running -o json',
    JSON.stringify({
      containers: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(component),
    }),
  ],
  [/GET \/(readyz|healthz)/, 'ok'],
  ['GET /version', JSON.stringify({ gitVersion: 'v1.36.3' })],
  ['GET /api/v1/nodes?', JSON.stringify({ items: [node('cp1', 'v1.36.3'), node('w1', 'v1.36.3')] })],
  ['GET /api/v1/nodes/cp1', JSON.stringify(node('cp1', 'v1.36.3'))],
]

function verify(answers: Answers, cluster = clusterOf(aHost('cp1'), aHost('w1'))) {
  const hosts = scriptedPool([...answers, ...WHOLE])
  return activity(() =>
    onHost(hosts, cluster, aHost('cp1'), (context) => verifyCluster({ ...context, patience: IMPATIENT })),
  )
}

const OLD_WORKER: Answers = [
  ['GET /api/v1/nodes?', JSON.stringify({ items: [node('cp1', 'v1.36.3'), node('w1', 'v1.36.1')] })],
]

describe('a cluster passes the version check only', () => {
  it('with the version that the apply reports', async () => {
    const { nodes } = await verify([])
    expect(nodes.map(({ name, version }) => `${name} ${version}`)).toEqual(['cp1 v1.36.3', 'w1 v1.36.3'])
  })

  it('with API servers of that version', async () => {
    await expect(verify([['GET /version', JSON.stringify({ gitVersion: 'v1.35.4' })]])).rejects.toMatchObject({
      type: 'CONTROL_PLANE_NOT_READY',
      details: [{ host: 'cp1', message: 'its API server is v1.35.4, not v1.36.3' }],
    })
  })

  it('with kubelets of that version', async () => {
    await expect(verify(OLD_WORKER)).rejects.toMatchObject({
      type: 'NODE_NOT_READY',
      details: [{ host: 'w1', message: 'its kubelet is v1.36.1, not v1.36.3' }],
    })
  })

  it('if nodes that joined earlier are left out, since they keep theirs', async () => {
    const old = aHost('w1', { kubeletVersion: 'v1.36.1' })
    const { nodes } = await verify(OLD_WORKER, clusterOf(aHost('cp1'), old))
    expect(nodes.map(({ version }) => version)).toEqual(['v1.36.3', 'v1.36.1'])
  })
})

it('reports a cordoned node', async () => {
  const items = [node('cp1', 'v1.36.3'), node('w1', 'v1.36.3', { unschedulable: true })]
  const { nodes } = await verify([['GET /api/v1/nodes?', JSON.stringify({ items })]])
  expect(nodes.map(({ name, cordoned }) => [name, cordoned])).toEqual([
    ['cp1', undefined],
    ['w1', true],
  ])
})

describe('a cluster DNS that does not answer', () => {
  const LOOP = '[FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :53) detected for zone "."'
  const cluster: Cluster = {
    ...clusterOf(aHost('cp1'), aHost('w1')),
    network: { plugin: 'manifest', source: 'https://mirror.lab/calico.yaml' },
  }
  const silent = (log: string, previous = ''): Answers => [
    ['/services/kube-dns', JSON.stringify({ metadata: { name: 'kube-dns' }, spec: { clusterIP: '10.96.0.10' } })],
    ['GET /api/v1/namespaces/kube-system/pods?', JSON.stringify({ items: [{ metadata: { name: 'coredns-a' } }] })],
    [/coredns-a\/log.*previous=true/, previous],
    ['coredns-a/log', log],
  ]
  const failure = (log: string, previous?: string) =>
    verify(silent(log, previous), cluster).then(
      () => undefined,
      (error: unknown) => (error as { readonly details: readonly object[] }).details[0],
    )

  it('is reported with the log of CoreDNS, and with a fix for a resolver loop', async () => {
    expect(await failure(`.:53\n${LOOP}\n`)).toMatchObject({
      code: 'CLUSTER_DNS_FAILED',
      message: '10.96.0.10 does not answer for kubernetes.default.svc.cluster.local',
      output: expect.stringContaining(LOOP) as string,
      hint: expect.stringContaining('kubeletConfiguration.resolvConf') as string,
    })
  })

  it('is reported with the log of the previous containers if the current ones are silent', async () => {
    expect(await failure('', LOOP)).toMatchObject({ output: LOOP })
  })

  it('has the usual hint unless CoreDNS reports a loop', async () => {
    expect(await failure('[ERROR] plugin/errors: 2 i/o timeout\n')).toMatchObject({
      output: '[ERROR] plugin/errors: 2 i/o timeout',
      hint: ERRORS.CLUSTER_DNS_FAILED.hint,
    })
  })
})
