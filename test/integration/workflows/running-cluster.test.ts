/** Applies to a cluster that runs: what they find only once its API answers, and what they find to have done. */
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { ClusterPresence } from '../../../src/facts/standing.js'
import type { ApplyResult } from '../../../src/operations/results.js'
import { aCluster, bareFacts } from '../../support/clusters.js'
import { applyScripted, untilBlocked } from './parked-applies.js'
import { fakeActivities, progressOf } from '../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { startTemporal } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

const RUNNING = aCluster()

/** The hosts of the cluster as an apply left them, and its API, which gives these answers in turn. */
function running(...presences: readonly ClusterPresence[]) {
  const facts = new Map(joinedFacts(RUNNING).map((one) => [one.host, one]))
  const answers = [...presences]
  const last = present(standingOf(RUNNING))
  return {
    gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.get(name) ?? bareFacts(name)),
    readStanding: () => Promise.resolve(answers.shift() ?? last),
  }
}

describe('a cluster whose API is back only after the plan was made', () => {
  const AWAY: ClusterPresence = { kind: 'unreadable', host: 'cp1', reason: 'no answer' }
  /** The control planes that the plan asks; none of them answers. */
  const away = () => running(AWAY, AWAY, AWAY)
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
      const scripted = fakeActivities()
      const input = { cluster: { ...RUNNING, ...changes } }
      const { blocked } = await applyScripted(temporal, scripted, away(), untilBlocked, input)
      expect(blocked).toMatchObject([{ step: 'running-cluster/cp1', error: { code } }])
      expect(scripted.journal).toContain('init cp1 ends')
      expect(scripted.journal.filter((entry) => /^(?:pod network|join) /.test(entry))).toEqual([])
    })
  }
})

describe('an apply that changes something its plan had not named', () => {
  it('warns of it', async () => {
    const scripted = fakeActivities()
    const unchanged = () => Promise.resolve({ changed: false, summary: 'as it was' })
    const { activities } = scripted
    const replaced = {
      ...running(),
      prepareHost: (cluster: Cluster, host: Host) =>
        host.name === 'w2' ? activities.prepareHost(cluster, host) : unchanged(),
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
    const [result, progress] = await applyScripted(temporal, scripted, replaced, async (handle) => [
      (await handle.result()) as ApplyResult,
      await progressOf(handle),
    ])
    const warning = 'w2: Prepare hosts changed something that the plan had not named'
    expect(result.warnings).toEqual([warning])
    expect(progress.warnings).toEqual([warning])
  })
})
