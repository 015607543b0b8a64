/** Applies to a cluster that runs: what they find only once its API answers, and what they find to have done. */
import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { ClusterPresence } from '../../../src/facts/standing.js'
import { aCluster } from '../../support/clusters.js'
import { progressOf, untilState } from '../../support/conversation.js'
import { fakeActivities } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene } from '../../support/temporal-scene.js'
import { begun } from './journal.js'

const temporal = TemporalScene.forFile()

const RUNNING = aCluster()

/** The finished cluster, whose API gives these answers first. */
function answering(...presences: readonly ClusterPresence[]) {
  const answers = [...presences]
  const { gatherFacts, readStanding } = finishedCluster(RUNNING)
  return {
    gatherFacts,
    readStanding: () => {
      const answer = answers.shift()
      return answer === undefined ? readStanding() : Promise.resolve(answer)
    },
  }
}

describe('a cluster whose API is back only after the plan was made', () => {
  const AWAY: ClusterPresence = { kind: 'unreadable', host: 'cp1', reason: 'no answer' }
  /** The control planes that the plan asks; none of them answers. */
  const away = () => answering(AWAY, AWAY, AWAY)
  const { hosts, kubernetes } = RUNNING
  const edited: Record<string, readonly [Partial<Cluster>, string]> = {
    'a worker that the file makes a control plane': [
      { hosts: hosts.map((host) => (host.name === 'w1' ? { ...host, role: 'control-plane' } : host)) },
      'ROLE_CHANGED',
    ],
    'another pod subnet in the file': [
      {
        kubernetes: { ...kubernetes, networking: { ...kubernetes.networking, podSubnet: '10.200.0.0/16' } },
      },
      'FIELD_CANNOT_CHANGE',
    ],
  }
  for (const [what, [changes, code]] of Object.entries(edited)) {
    it(`stops the apply before the pod network and joins: ${what}`, async () => {
      const cluster = { ...RUNNING, ...changes }
      const { journal, outcome } = await temporal.run('apply', { cluster, activities: away() }, (run) =>
        untilState(run, 'blocked'),
      )
      expect(outcome.blocked).toMatchObject([{ step: 'running-cluster/cp1', error: { code } }])
      expect(journal).toContain('init cp1 ends')
      expect(begun(journal, /^(?:pod network|join)/)).toEqual([])
    })
  }
})

describe('an apply that changes something its plan had not named', () => {
  it('warns of it', async () => {
    const hosts = fakeActivities()
    const unchanged = () => Promise.resolve({ changed: false, summary: 'as it was' })
    const activities = {
      ...finishedCluster(RUNNING),
      prepareHost: (cluster: Cluster, host: Host) =>
        host.name === 'w2' ? hosts.activities.prepareHost(cluster, host) : unchanged(),
      ...Object.fromEntries(
        ['configureLoadBalancer', 'checkLoadBalancer', 'applyPodNetwork', 'joinControlPlane'].map((name) => [
          name,
          unchanged,
        ]),
      ),
      initControlPlane: () => unchanged().then((done) => ({ ...done, caHash: 'sha256:ca' })),
      lockHost: unchanged,
      joinWorker: unchanged,
      spreadClusterDns: unchanged,
      verifyCluster: () => unchanged().then((done) => ({ ...done, nodes: [], etcdMembers: [] })),
    }
    const { outcome } = await temporal.run('apply', { hosts, activities }, async (run) => ({
      ended: await run.result(),
      progress: await progressOf(run),
    }))
    const warning = 'w2: Prepare hosts changed something that the plan had not named'
    expect(outcome.ended.warnings).toEqual([warning])
    expect(outcome.progress.warnings).toEqual([warning])
  })
})
