/** Hosts that joined in this operation, and that somebody has reset by hand since. */
import { expect, it } from 'vitest'
import { onHost } from '../../../src/activities/frame/frame.js'
import { joinControlPlane, joinWorker } from '../../../src/activities/join.js'
import { peerUrl } from '../../../src/configuration/etcd/urls.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { scriptedSession, type Answers } from '../../support/scripted-session.js'

const WHOLE = 'kubelet.conf\nkubelet-certificate\nadmin.conf\nca.key\nmanifests\netcd-data\nkubelet-runs\n'
const VOTERS = ['cp1', 'cp2', 'cp3'].map((name) => ({
  id: `id-${name}`,
  peer: peerUrl(aHost(name)),
  client: `https://${aHost(name).internalAddress}:2379`,
}))

/** A host without a trace of kubeadm, which the cluster still knows; and what is done about it. */
function resetHost(name: string) {
  const done: string[] = []
  const note = (what: string) => () => {
    done.push(what)
    return ''
  }
  const joined = () => done.includes('kubeadm join')
  const isForgotten = (how: string) => done.includes(how) && !joined()
  let token = ''
  const node = {
    metadata: { name, labels: { 'node-role.kubernetes.io/control-plane': '' } },
    status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [{ type: 'Ready', status: 'True' }] },
  }
  const answers: Answers = [
    ['exec kubeadm', note('kubeadm join')],
    ['kubelet-certificate', () => (joined() ? WHOLE : '')],
    [
      'member list',
      () =>
        VOTERS.filter(({ id }) => id !== `id-${name}` || !isForgotten('member removed'))
          .map(({ id, peer, client }) => `${id}, started, ${id}, ${peer}, ${client}, false`)
          .join('\n'),
    ],
    [`member remove id-${name}`, note('member removed')],
    ['endpoint health', JSON.stringify(VOTERS.map(({ client }) => ({ endpoint: client, health: true })))],
    [`DELETE /api/v1/nodes/${name}`, note('node deleted')],
    [`GET /api/v1/nodes/${name}`, () => (isForgotten('node deleted') ? 404 : JSON.stringify(node))],
    [
      /^POST .*secrets/,
      (sent) => {
        token = /"token-id":"(\w+)"/.exec(sent)?.[1] ?? ''
        return JSON.stringify({ metadata: { name: token } })
      },
    ],
    [
      'configmaps/cluster-info',
      () =>
        JSON.stringify({
          metadata: { name: 'cluster-info' },
          data: { [`jws-kubeconfig-${token}`]: 'signed' },
        }),
    ],
    // The endpoint answers as TLS does.
    ['/dev/tcp/', 'open\n0\n15\n'],
    ['/readyz', 'ok'],
  ]
  return { done, answers }
}

it.each([
  ['cp2', joinControlPlane, ['member removed', 'node deleted', 'kubeadm join']],
  ['w1', joinWorker, ['node deleted', 'kubeadm join']],
] as const)(
  '%s is taken out of the cluster and joins again, though its join has succeeded',
  async (name, act, steps) => {
    const { done, answers } = resetHost(name)
    const sessions = {
      session: (host: ReturnType<typeof aHost>) =>
        Promise.resolve({
          ...scriptedSession(host, answers, 'ended'),
          readFile: (path: string) =>
            path === '/etc/kubernetes/admin.conf' || path === '/etc/kubernetes/pki/ca.crt'
              ? scriptedSession(host, answers).readFile(path)
              : Promise.resolve(Buffer.from(path)),
        }),
      close: () => Promise.resolve(),
    }
    const patience = { components: 2_000, etcd: 2_000, node: 2_000, runtime: 1 }
    const outcome = await activity(() =>
      onHost(sessions, aCluster(), aHost(name), (context) => act({ ...context, patience }, aHost('cp1'))),
    )
    expect(outcome.summary).toMatch(/^kubeadm join/)
    expect(done).toEqual(steps)
  },
)
