import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../src/cluster/model.js'
import { aClusterWithEtcdHosts, aHost } from '../../support/clusters.js'
import { failure, result } from '../../support/conversation.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene, type Follow } from '../../support/temporal-scene.js'
import { begun } from './journal.js'

const temporal = TemporalScene.forFile()

const base = aClusterWithEtcdHosts()
const cluster: Cluster = {
  ...base,
  hosts: [...base.hosts, aHost('lb2')],
  loadBalancer: { type: 'haproxy', hosts: ['lb1', 'lb2'] },
}

/** Applies to the finished cluster, of which some hosts do not answer. */
const applyWithout = <Outcome>(away: readonly string[], follow: Follow<'apply', Outcome>) =>
  temporal.run('apply', { cluster, activities: finishedCluster(cluster, { away: new Set(away) }) }, follow)

describe('an apply of a running cluster', () => {
  it('leaves out an etcd host and a load balancer that do not answer, and touches neither', async () => {
    const { journal, outcome } = await applyWithout(['e3', 'lb2'], result)
    expect(outcome.warnings).toEqual(
      expect.arrayContaining(
        ['e3', 'lb2'].map((name) => `${name}: it does not answer (no answer), and is left out`),
      ),
    )
    expect(journal.filter((entry) => /\b(?:e3|lb2)\b/.test(entry))).toEqual([])
    expect(journal).toContain('etcd e2 by e1 ends')
    expect(journal).toContain('lb1 → cp1,cp2 ends')
    expect(journal).toContain('verify e1,e2,cp1,cp2,w1,lb1 ends')
  })

  it('stops before any change if no load balancer answers', async () => {
    const { journal, outcome } = await applyWithout(['lb1', 'lb2'], failure)
    expect(outcome.type).toBe('PREFLIGHT_FAILED')
    expect(begun(journal)).toEqual([])
  })
})
