/** Upgrades of running clusters, and the plan of one. */
import type { Cluster } from '../../../src/cluster/model.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import type { UpgradeRequest } from '../../../src/operations/upgrade-request.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../clusters.js'
import { failing, fakeActivities } from '../fake-activities.js'
import { decide } from '../conversation.js'
import { untilState, type Hosts, type Recording } from './recording.js'
import { running } from './topologies.js'

const obey = fakeActivities().activities
const small = (name: string, version = 'v1.36.3') => {
  const cluster = aCluster({ name, hosts: ['cp1', 'cp2', 'cp3', 'w1', 'lb1'].map((one) => aHost(one)) })
  return { ...cluster, kubernetes: { ...cluster.kubernetes, version } }
}

/** Members of etcd in a version; the first one leads. */
const etcd = (version: string, ...names: readonly string[]): Hosts => ({
  readEtcdVersions: () =>
    Promise.resolve(names.map((name, index) => ({ name, version, leader: index === 0 }))),
})

function upgrade(
  cluster: Cluster,
  request: UpgradeRequest,
  hosts: Hosts = {},
  more: Partial<Recording> = {},
): Recording {
  const all = { ...fakeActivities().activities, ...running(cluster), ...hosts }
  return { kind: 'upgrade', cluster, request, hosts: all, ends: 'done', ...more }
}

/** By name, which is also the name of the file. */
export const UPGRADES: Readonly<Record<string, (name: string) => Recording>> = {
  'upgrade-stacked': (name) =>
    upgrade(small(name), { to: 'v1.37.2' }, etcd('3.6.8', 'cp1', 'cp2', 'cp3'), {
      review: true,
      talk: async (run) => {
        await untilState(run, 'blocked')
        await decide(run, 'approve', {})
      },
    }),
  'upgrade-etcd-hosts': (name) =>
    upgrade(aClusterWithEtcdHosts({ name }), { to: 'v1.37.2' }, etcd('3.6.11', 'e1', 'e2', 'e3')),
  'upgrade-two-minors': (name) =>
    upgrade(small(name, 'v1.35.4'), { to: 'v1.37.2', via: ['v1.36.3'] }, etcd('3.6.11', 'cp1', 'cp2', 'cp3')),
  'upgrade-worker-skipped': (name) =>
    upgrade(
      small(name),
      { to: 'v1.37.2' },
      { upgradeKubelet: failing(obey.upgradeKubelet, 'w1') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'skipStep', { step: 'worker-kubelets/w1', reason: 'its owner is away' })
        },
      },
    ),
  'upgrade-paused': (name) =>
    upgrade(
      small(name),
      { to: 'v1.37.2', pauseAfter: 'first-control-plane' },
      {},
      {
        talk: async (run) => {
          await untilState(run, 'paused')
          await run.signal(MESSAGES.resume)
        },
      },
    ),
  'upgrade-nothing-to-change': (name) =>
    upgrade(
      small(name),
      { to: 'v1.36.3' },
      {
        isControlPlaneUpgraded: () => Promise.resolve({ isDone: true }),
        isKubeletUpgraded: () => Promise.resolve({ isDone: true }),
      },
    ),
}
