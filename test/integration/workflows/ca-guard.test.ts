import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { aCluster, bareFacts } from '../../support/clusters.js'
import { fakeActivities, startScripted } from '../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { scriptedWorker, startTemporal } from '../../support/temporal.js'

/** Hosts refuse a step whose cluster names another CA than theirs; here is seen that every step names it. */
let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

/** Applies the cluster; gives the CA that each step on a host was told to expect, in the order of the steps. */
async function expectedAuthorities(
  cluster: Cluster,
  changes: Partial<ReturnType<typeof fakeActivities>['activities']> = {},
): Promise<readonly string[]> {
  const seen: string[] = []
  const told = <More extends unknown[], Result>(
    step: string,
    act: (cluster: Cluster, host: Host, ...more: More) => Result,
  ) => {
    return (given: Cluster, host: Host, ...more: More): Result => {
      seen.push(`${step} ${host.name}: ${given.caHash ?? 'any'}`)
      return act(given, host, ...more)
    }
  }
  const { activities } = fakeActivities()
  const worker = await scriptedWorker(temporal, {
    ...activities,
    prepareHost: told('prepare', activities.prepareHost),
    initControlPlane: told('init', activities.initControlPlane),
    joinControlPlane: told('join', activities.joinControlPlane),
    joinWorker: told('join', activities.joinWorker),
    verifyCluster: told('verify', activities.verifyCluster),
    ...changes,
  })
  await worker.runUntil(async () => {
    await (await startScripted(temporal, 'apply', cluster)).result()
  })
  return [...new Set(seen)].sort()
}

describe('the CA that steps require', () => {
  it('is that of the first control plane once it is initialised', async () => {
    expect(await expectedAuthorities(aCluster())).toEqual([
      'init cp1: any',
      'join cp2: sha256:ca',
      'join cp3: sha256:ca',
      'join w1: sha256:ca',
      'join w2: sha256:ca',
      ...['cp1', 'cp2', 'cp3', 'w1', 'w2'].map((name) => `prepare ${name}: any`),
      'verify cp1: sha256:ca',
    ])
  })

  it('is that of the running cluster from the first change on', async () => {
    const cluster = aCluster()
    const facts = joinedFacts(cluster)
    const authorities = await expectedAuthorities(cluster, {
      gatherFacts: (_cluster, { name }) =>
        Promise.resolve(facts.filter(({ host }) => host === name)[0] ?? bareFacts(name)),
      readStanding: () => Promise.resolve(present(standingOf(cluster))),
    })
    expect(authorities.filter((line) => !line.endsWith(': sha256:ca'))).toEqual([])
    expect(authorities).toContain('prepare cp2: sha256:ca')
  })
})
