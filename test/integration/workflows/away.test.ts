import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { ApplyResult } from '../../../src/operations/results.js'
import { aClusterWithEtcdHosts, aHost, bareFacts } from '../../support/clusters.js'
import { applyScripted } from '../../support/decisions.js'
import { failureOf, hopeless, obedientHosts } from '../../support/obedient-hosts.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { startTemporal } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

const base = aClusterWithEtcdHosts()
const cluster: Cluster = {
  ...base,
  hosts: [...base.hosts, aHost('lb2')],
  loadBalancer: { type: 'haproxy', hosts: ['lb1', 'lb2'] },
}

/** Hosts of the finished cluster, some of which do not answer. */
function hostsWithout(...away: readonly string[]) {
  const hosts = obedientHosts()
  const facts = new Map(joinedFacts(cluster).map((one) => [one.host, one]))
  return {
    hosts,
    replaced: {
      gatherFacts: (_: Cluster, { name }: Host) =>
        away.includes(name)
          ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no answer', name))
          : Promise.resolve(facts.get(name) ?? bareFacts(name)),
      readStanding: () => Promise.resolve(present(standingOf(cluster))),
    },
  }
}

describe('an apply of a running cluster', () => {
  it('works around an etcd host and a balancer that are away, and touches neither', async () => {
    const { hosts, replaced } = hostsWithout('e3', 'lb2')
    const result = await applyScripted(
      temporal,
      hosts,
      replaced,
      async (handle) => (await handle.result()) as ApplyResult,
      { cluster },
    )
    expect(result.warnings).toEqual(
      expect.arrayContaining(
        ['e3', 'lb2'].map((name) => `${name}: it does not answer (no answer), and is left out`),
      ),
    )
    expect(hosts.journal.filter((entry) => /\b(?:e3|lb2)\b/.test(entry))).toEqual([])
    expect(hosts.journal).toContain('etcd e2 by e1 ends')
    expect(hosts.journal).toContain('lb1 → cp1,cp2 ends')
    expect(hosts.journal).toContain('verify e1,e2,cp1,cp2,w1,lb1 ends')
  })

  it('stops before any change where no balancer answers', async () => {
    const { hosts, replaced } = hostsWithout('lb1', 'lb2')
    const failure = await applyScripted(temporal, hosts, replaced, (handle) => failureOf(handle.result()), {
      cluster,
    })
    expect(failure.type).toBe('PREFLIGHT_FAILED')
    expect(hosts.journal.filter((entry) => !/^(?:lock|release) /.test(entry))).toEqual([])
  })
})
