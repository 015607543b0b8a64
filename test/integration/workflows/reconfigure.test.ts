import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { PlainObject } from '../../../src/values/merge.js'
import { wantedDocument } from '../../../src/planning/reconfigure/documents.js'
import { withArgument } from '../../support/recordings/topologies.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { decide, failure, refusalOf, result, untilState } from '../../support/conversation.js'
import { fakeActivities, hopeless } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { present, standingOf } from '../../support/standings.js'
import { TemporalScene, type Follow } from '../../support/temporal-scene.js'
import { begun } from './journal.js'

const temporal = TemporalScene.forFile()

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

  apply(cluster: Cluster, follow: Follow<'apply', unknown>) {
    return temporal.run('apply', { cluster, hosts: this.hosts, activities: this.#activities() }, follow)
  }

  #activities() {
    const { activities } = this.hosts
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
      ...finishedCluster(FILE),
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
    await cluster.apply(withArgument(FILE, BAD), async (run) => {
      const { blocked } = await untilState(run, 'blocked')
      expect(blocked).toMatchObject([
        { step: 'first-configuration/cp1', error: { code: 'CONFIGURATION_REJECTED' } },
      ])
      const skip = decide(run, 'skipStep', { step: 'first-configuration/cp1', reason: 'later' })
      expect(await refusalOf(skip)).toBe('STEP_NOT_SKIPPABLE')
      await decide(run, 'abort', { reason: 'wrong value' })
      expect((await failure(run)).type).toBe('OPERATION_ABORTED')
    })
    expect(begun(cluster.hosts.journal, /^configure/)).toEqual(['configure cp1'])

    await cluster.apply(withArgument(FILE), result)
    expect(Object.fromEntries(cluster.arguments)).toEqual({ cp1: 'false', cp2: 'false', cp3: 'false' })
    expect(begun(cluster.hosts.journal, /^(?:configure|settle)/).slice(1)).toEqual([
      ...['configure cp1', 'configure cp2', 'configure cp3', 'configure w1'],
      'settle configuration',
    ])

    const before = cluster.hosts.journal.length
    await cluster.apply(withArgument(FILE), result)
    expect(begun(cluster.hosts.journal.slice(before), /^configure/)).toEqual([])
  })
})

describe('a change of the API server', () => {
  it(
    'is made while no balancer sends it requests, and goes on after a worker died',
    { timeout: 120_000 },
    async () => {
      const cluster = new Running()
      cluster.dying.add('cp2')
      await cluster.apply(withArgument(FILE), result)
      expect(begun(cluster.hosts.journal, /^(?:lb1 →|configure cp)/)).toEqual([
        'lb1 → cp1,cp2,cp3',
        ...['lb1 → cp2,cp3', 'configure cp1', 'lb1 → cp1,cp2,cp3'],
        ...['lb1 → cp1,cp3', 'configure cp2', 'configure cp2', 'lb1 → cp1,cp2,cp3'],
        ...['lb1 → cp1,cp2', 'configure cp3', 'lb1 → cp1,cp2,cp3'],
      ])
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
    await cluster.apply(file, result)
    const seen = () => begun(cluster.hosts.journal, /^(?:configure|settle)/)
    expect(seen()).toEqual(['configure kube-proxy', 'settle configuration'])
    await cluster.apply(file, result)
    expect(seen()).toHaveLength(2)
  })
})
