import { describe, expect, it } from 'vitest'
import type { Cluster, KubeadmPatches } from '../../../../src/cluster/model.js'
import type { ConfigurationNote } from '../../../../src/facts/configuration-note.js'
import { planApply } from '../../../../src/planning/plan.js'
import { wantedDocument } from '../../../../src/planning/reconfigure/documents.js'
import { defined } from '../../../../src/values/defined.js'
import { aCluster } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'

const running = aCluster()

const withPatches = (changes: Partial<KubeadmPatches>, certSANs: readonly string[] = []): Cluster => ({
  ...running,
  kubernetes: { ...running.kubernetes, certSANs, kubeadm: { ...running.kubernetes.kubeadm, ...changes } },
})

interface Kept {
  readonly server?: Readonly<Record<string, unknown>>
  readonly kubelet?: Readonly<Record<string, unknown>>
  readonly note?: ConfigurationNote
}

function planned(file: Cluster, { server, kubelet, note }: Kept = {}) {
  const standing = standingOf(running)
  const { document } = standing.configuration
  const presence = present({
    ...standing,
    configuration: {
      ...standing.configuration,
      document: {
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        kind: 'ClusterConfiguration',
        ...document,
        ...server,
      },
    },
    ...defined({ kubeletConfiguration: kubelet, configurationNote: note }),
  })
  return planApply(file, joinedFacts(running), { presence, unanswered: [] })
}

const placesOf = (file: Cluster, kept?: Kept) =>
  planned(file, kept).changes.map(({ host, phase }) => `${host}: ${phase}`)

const noteOf = (changes: Partial<ConfigurationNote['set']>, isChanging = false): ConfigurationNote => ({
  set: { ClusterConfiguration: [], KubeletConfiguration: [], KubeProxyConfiguration: [], ...changes },
  isChanging,
})

const ARGUMENT = ['apiServer', 'extraArgs', 'profiling']
const withArgument = withPatches({ clusterConfiguration: { apiServer: { extraArgs: { profiling: false } } } })
const keptArgument = { apiServer: { extraArgs: [{ name: 'profiling', value: 'false' }] } }

describe('an edited configuration', () => {
  it('is nothing to do for a cluster that has it', () => {
    expect(placesOf(running)).toEqual([])
    expect(placesOf(withArgument, { server: keptArgument })).toEqual([])
  })

  it('is nothing to do for a cluster that keeps it in the notation of kubeadm', () => {
    const file = withPatches({
      kubeletConfiguration: { syncFrequency: '90s', protectKernelDefaults: false, maxPods: 77 },
    })
    expect(placesOf(file, { kubelet: { syncFrequency: '1m30s', maxPods: 77 } })).toEqual([])
  })

  it('touches every control plane for an argument of the API server, and shows it as a difference', () => {
    expect(placesOf(withArgument)).toEqual([
      'cp1: First configuration',
      'cp2: Control plane configuration',
      'cp3: Control plane configuration',
    ])
    expect(planned(withArgument).changes[0]?.diff).toEqual([
      { document: 'ClusterConfiguration', path: 'apiServer.extraArgs.profiling', new: '"false"' },
    ])
  })

  it('touches every node for a setting of kubelets', () => {
    const file = withPatches({ kubeletConfiguration: { maxPods: 77 } })
    expect(placesOf(file, { kubelet: { maxPods: 110 } })).toContain('w1: Worker configuration')
    expect(planned(file, { kubelet: { maxPods: 110 } }).changes[0]?.diff).toEqual([
      { document: 'KubeletConfiguration', path: 'maxPods', old: '110', new: '77' },
    ])
  })

  it('never shows what may be a secret', () => {
    const file = withPatches({
      clusterConfiguration: { apiServer: { extraArgs: { 'etcd-servers': 'https://user:hidden@etcd' } } },
    })
    expect(JSON.stringify(planned(file).changes)).not.toContain('hidden')
  })

  it('makes another certificate for another name, and none for the endpoint', () => {
    const changes = planned(withPatches({}, ['api.example.com'])).changes
    expect(changes[0]?.action).toContain('certificate of the API server')
    expect(placesOf(withPatches({}, [running.kubernetes.controlPlaneEndpoint.host]))).toEqual([])
  })
})

describe('a value that the file no longer has', () => {
  it('goes if the file has set it', () => {
    const note = noteOf({ ClusterConfiguration: [ARGUMENT] })
    const { changes } = planned(running, { server: keptArgument, note })
    expect(changes[0]?.diff).toEqual([
      { document: 'ClusterConfiguration', path: 'apiServer.extraArgs.profiling', old: '"false"' },
    ])
  })

  it('stays if somebody else has set it', () => {
    expect(placesOf(running, { server: keptArgument })).toEqual([])
  })
})

describe('a change that was cut off', () => {
  it('is taken up on every host, although the cluster keeps the new document already', () => {
    const note = noteOf({ ClusterConfiguration: [ARGUMENT] }, true)
    expect(placesOf(withArgument, { server: keptArgument, note })).toHaveLength(3)
  })

  it('is taken back on every host if the file is as before', () => {
    const note = noteOf({ ClusterConfiguration: [ARGUMENT] }, true)
    expect(placesOf(running, { note })).toHaveLength(3)
    const { managed, document } = wantedDocument('ClusterConfiguration', running, { document: {}, note })
    expect(managed).toEqual([ARGUMENT])
    expect(document['apiServer']).toBeUndefined()
  })
})

describe('extra arguments and volumes', () => {
  it('merge by name', () => {
    const file = withPatches({
      clusterConfiguration: {
        apiServer: { extraVolumes: [{ name: 'audit', hostPath: '/b', mountPath: '/b' }] },
      },
    })
    const mine = { name: 'mine', hostPath: '/a', mountPath: '/a' }
    const document = {
      apiServer: { extraVolumes: [mine, { name: 'audit', hostPath: '/old', mountPath: '/old' }] },
    }
    expect(wantedDocument('ClusterConfiguration', file, { document }).document['apiServer']).toEqual({
      extraVolumes: [mine, { name: 'audit', hostPath: '/b', mountPath: '/b' }],
    })
  })
})
