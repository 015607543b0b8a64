import { setTimeout } from 'node:timers/promises'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { PlainObject } from '../../../src/values/merge.js'
import { wantedDocument } from '../../../src/planning/reconfigure/documents.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { failureOf, fakeActivities, hopeless } from '../../support/fake-activities.js'
import { withArgument } from '../../support/recordings/topologies.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { startTemporal } from '../../support/temporal.js'
import { applyScripted, decide, refusalOf, untilBlocked } from './parked-applies.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

const FILE = aCluster({ hosts: ['cp1', 'cp2', 'cp3', 'w1', 'lb1'].map((name) => aHost(name)) })
const BAD = 'maybe'

/** Longer than a worker may be silent. Then nobody asks for the outcome. */
const UNTIL_DEAD_MS = 13_000

/** A running cluster whose hosts take every argument but one. */
class Running {
  readonly arguments = new Map<string, string>()
  readonly hosts = fakeActivities()
  document: PlainObject = { apiVersion: 'kubeadm.k8s.io/v1beta4', ...standingOf(FILE).configuration.document }
  kubelet: PlainObject = { maxPods: 110 }
  proxy: PlainObject = { mode: '' }
  /** Hosts on which the next attempt stops without a sign of life. */
  readonly dying = new Set<string>()

  apply(cluster: Cluster, follow: Parameters<typeof applyScripted>[3]) {
    return applyScripted(temporal, this.hosts, this.#activities(), follow, { cluster })
  }

  #activities() {
    const { activities } = this.hosts
    const facts = joinedFacts(FILE)
    const standing = () => {
      const base = standingOf(FILE)
      const configuration = { ...base.configuration, document: this.document }
      return present({
        ...base,
        configuration,
        kubeletConfiguration: this.kubelet,
        kubeProxyConfiguration: this.proxy,
      })
    }
    return {
      gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name)),
      readStanding: () => Promise.resolve(standing()),
      configureControlPlane: async (cluster: Cluster, host: Host, how: { readonly isFirst: boolean }) => {
        const done = await activities.configureControlPlane(cluster, host)
        if (this.dying.delete(host.name)) await setTimeout(UNTIL_DEAD_MS)
        const value = valueIn(cluster)
        if (value === BAD) throw hopeless('CONFIGURATION_REJECTED', 'invalid argument', host.name)
        this.arguments.set(host.name, value)
        if (how.isFirst) this.#keep(cluster)
        return done
      },
      configureKubeProxy: async (cluster: Cluster) => {
        const done = await activities.configureKubeProxy()
        this.proxy = wantedDocument('KubeProxyConfiguration', cluster, { document: this.proxy }).document
        return done
      },
    }
  }

  #keep(cluster: Cluster): void {
    this.document = wantedDocument('ClusterConfiguration', cluster, { document: this.document }).document
    this.kubelet = wantedDocument('KubeletConfiguration', cluster, { document: this.kubelet }).document
  }
}

function valueIn({ kubernetes }: Cluster): string {
  const { apiServer } = kubernetes.kubeadm.clusterConfiguration as {
    apiServer: { extraArgs: { profiling: string } }
  }
  return apiServer.extraArgs.profiling
}

describe('a configuration that the first control plane rejects', () => {
  it('reaches no other host; a corrected file then reaches all of them', { timeout: 120_000 }, async () => {
    const cluster = new Running()
    await cluster.apply(withArgument(FILE, BAD), async (handle) => {
      const { blocked } = await untilBlocked(handle)
      expect(blocked).toMatchObject([
        { step: 'first-configuration/cp1', error: { code: 'CONFIGURATION_REJECTED' } },
      ])
      const skip = decide(handle, 'skipStep', { step: 'first-configuration/cp1', reason: 'later' })
      expect(await refusalOf(skip)).toBe('STEP_NOT_SKIPPABLE')
      await decide(handle, 'abort', { reason: 'wrong value' })
      expect((await failureOf(handle.result())).type).toBe('OPERATION_ABORTED')
    })
    const configured = (journal: readonly string[]) =>
      journal.filter((entry) => entry.startsWith('configure'))
    expect(configured(cluster.hosts.journal)).toEqual(['configure cp1 begins', 'configure cp1 ends'])

    await cluster.apply(withArgument(FILE), (handle) => handle.result())
    expect(Object.fromEntries(cluster.arguments)).toEqual({ cp1: 'false', cp2: 'false', cp3: 'false' })
    const begun = cluster.hosts.journal.filter((entry) => /^(configure|settle).* begins$/.test(entry))
    expect(begun.slice(1)).toEqual([
      ...['configure cp1 begins', 'configure cp2 begins', 'configure cp3 begins', 'configure w1 begins'],
      'settle configuration begins',
    ])

    const before = cluster.hosts.journal.length
    await cluster.apply(withArgument(FILE), (handle) => handle.result())
    expect(configured(cluster.hosts.journal.slice(before))).toEqual([])
  })
})

describe('a change of the API server', () => {
  it(
    'is made while no balancer sends it requests, and goes on after a worker died',
    { timeout: 120_000 },
    async () => {
      const cluster = new Running()
      cluster.dying.add('cp2')
      await cluster.apply(withArgument(FILE), (handle) => handle.result())
      const { journal } = cluster.hosts
      const seen = journal.filter((entry) => /^(lb1 →.*|configure cp.*) begins$/.test(entry))
      expect(seen).toEqual(
        [
          'lb1 → cp1,cp2,cp3',
          ...['lb1 → cp2,cp3', 'configure cp1', 'lb1 → cp1,cp2,cp3'],
          ...['lb1 → cp1,cp3', 'configure cp2', 'configure cp2', 'lb1 → cp1,cp2,cp3'],
          ...['lb1 → cp1,cp2', 'configure cp3', 'lb1 → cp1,cp2,cp3'],
        ].map((entry) => `${entry} begins`),
      )
      expect(cluster.arguments.get('cp2')).toBe('false')
    },
  )
})

describe('a change of kube-proxy alone', () => {
  it('touches no host, and is noted once it is everywhere', { timeout: 120_000 }, async () => {
    const cluster = new Running()
    const { kubernetes } = FILE
    const kubeadm = { ...kubernetes.kubeadm, kubeProxyConfiguration: { oomScoreAdj: -998 } }
    const file = { ...FILE, kubernetes: { ...kubernetes, kubeadm } }
    await cluster.apply(file, (handle) => handle.result())
    const seen = () => cluster.hosts.journal.filter((entry) => /^(configure|settle).* begins$/.test(entry))
    expect(seen()).toEqual(['configure kube-proxy begins', 'settle configuration begins'])
    await cluster.apply(file, (handle) => handle.result())
    expect(seen()).toHaveLength(2)
  })
})
