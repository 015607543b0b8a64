/** Hosts refuse a step whose cluster names another CA than theirs; here is seen that every step names it. */
import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { aCluster } from '../../support/clusters.js'
import { result } from '../../support/conversation.js'
import { fakeActivities } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene } from '../../support/temporal-scene.js'
import type { ScriptedActivities } from '../../support/temporal.js'

const temporal = TemporalScene.forFile()

/** Applies the cluster; gives the CA that each step on a host was told to expect, in the order of the steps. */
async function expectedAuthorities(
  cluster: Cluster,
  looks: ScriptedActivities = {},
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
  const hosts = fakeActivities()
  const { prepareHost, initControlPlane, joinControlPlane, joinWorker, verifyCluster } = hosts.activities
  const activities = {
    prepareHost: told('prepare', prepareHost),
    initControlPlane: told('init', initControlPlane),
    joinControlPlane: told('join', joinControlPlane),
    joinWorker: told('join', joinWorker),
    verifyCluster: told('verify', verifyCluster),
    ...looks,
  }
  await temporal.run('apply', { cluster, hosts, activities }, result)
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
    const authorities = await expectedAuthorities(cluster, finishedCluster(cluster))
    expect(authorities.filter((line) => !line.endsWith(': sha256:ca'))).toEqual([])
    expect(authorities).toContain('prepare cp2: sha256:ca')
  })
})
