import { parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import {
  renderClusterConfiguration,
  renderInitConfiguration,
  renderJoinConfiguration,
} from '../../../../src/configuration/kubeadm/render.js'
import {
  initialCluster,
  renderMemberConfiguration,
} from '../../../../src/configuration/kubeadm/render-etcd-member.js'
import type { Cluster, KubeadmPatches } from '../../../../src/cluster/model.js'
import { SUPPORTED_MINORS } from '../../../../src/cluster/supported-minors.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../../support/clusters.js'

const SECRETS = { bootstrapToken: 'abcdef.0123456789abcdef' }
const DISCOVERY = {
  token: 'fedcba.fedcba9876543210',
  caCertHash: `sha256:${'ab'.repeat(32)}`,
  apiServerEndpoint: 'api.prod.lab:6443',
}

function cluster(version: string, kubeadm: Partial<KubeadmPatches> = {}, certSANs: string[] = []): Cluster {
  const base = aCluster()
  const { kubernetes } = base
  return {
    ...base,
    kubernetes: { ...kubernetes, version, certSANs, kubeadm: { ...kubernetes.kubeadm, ...kubeadm } },
  }
}

function documents(text: string): Record<string, unknown>[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>)
}

function document(text: string, kind: string): Record<string, unknown> {
  const found = documents(text).find((candidate) => candidate['kind'] === kind)
  if (found === undefined) throw new Error(`no ${kind} in:\n${text}`)
  return found
}

const PATCHES: Partial<KubeadmPatches> = {
  clusterConfiguration: {
    apiServer: { extraArgs: { v: 4, 'audit-log-maxage': '30' } },
    etcd: {
      local: { imageTag: '3.6.16-0', extraArgs: [{ name: 'quota-backend-bytes', value: '8589934592' }] },
    },
  },
  initConfiguration: { nodeRegistration: { ignorePreflightErrors: ['Swap'] } },
  joinConfiguration: { nodeRegistration: { ignorePreflightErrors: ['Swap'], kubeletExtraArgs: { v: '2' } } },
  kubeletConfiguration: { failSwapOn: false },
  kubeProxyConfiguration: { mode: 'nftables' },
}

const FIRST = aHost('cp1')
const WORKER = aHost('w1', {
  labels: { 'example.com/disk': 'ssd', 'node-role.kubernetes.io/worker': '' },
  taints: [
    { key: 'dedicated', value: 'batch', effect: 'NoSchedule' },
    { key: 'slow', effect: 'PreferNoSchedule' },
  ],
})

describe.each([
  ['v1beta3', 'v1.30.14'],
  ['v1beta4', 'v1.36.3'],
])('kubeadm configuration in %s', (api, version) => {
  const golden = (name: string): string => `../../../golden/kubeadm-${api}-${name}.yaml`
  const patched = cluster(version, PATCHES, ['api.example.com', '203.0.113.7'])

  it('is rendered for the first control plane', async () => {
    const text = renderInitConfiguration(patched, FIRST, SECRETS)
    await expect(text).toMatchFileSnapshot(golden('init'))
  })

  it('is rendered for a joining control plane', async () => {
    const text = renderJoinConfiguration(patched, aHost('cp2'), DISCOVERY)
    await expect(text).toMatchFileSnapshot(golden('join-control-plane'))
  })

  it('is rendered for an etcd member', async () => {
    const base = cluster(version, PATCHES)
    const hosts = ['e1', 'e2', 'e3'].map((name) => aHost(name))
    const beginning = { state: 'new', initialCluster: initialCluster(hosts) } as const
    const text = renderMemberConfiguration(base, aHost('e2'), { beginning })
    await expect(text).toMatchFileSnapshot(golden('etcd-member'))
  })

  it('is rendered for external etcd, without a trace of its members', async () => {
    const { etcd } = aClusterWithEtcdHosts()
    const text = renderClusterConfiguration({ ...cluster(version, PATCHES), etcd })
    await expect(text).toMatchFileSnapshot(golden('external-etcd'))
  })

  it('is rendered for a worker', async () => {
    const text = renderJoinConfiguration(patched, WORKER, DISCOVERY)
    await expect(text).toMatchFileSnapshot(golden('join-worker'))
  })

  it('is rendered for listing images', async () => {
    await expect(renderClusterConfiguration(cluster(version))).toMatchFileSnapshot(golden('cluster'))
  })
})

describe('kubeadm configuration', () => {
  it.each(SUPPORTED_MINORS.map(({ minor, kubeadmApi }) => [`1.${minor}`, kubeadmApi]))(
    'for Kubernetes %s is written as %s',
    (minor, api) => {
      const text = renderInitConfiguration(cluster(`v${minor}.0`), FIRST, SECRETS)
      expect(documents(text).map(({ apiVersion }) => apiVersion)).toEqual([
        `kubeadm.k8s.io/${api}`,
        `kubeadm.k8s.io/${api}`,
        'kubelet.config.k8s.io/v1beta1',
        'kubeproxy.config.k8s.io/v1alpha1',
      ])
    },
  )

  it('enables a feature gate only where it exists', () => {
    const gates = (version: string) =>
      document(renderClusterConfiguration(cluster(version)), 'ClusterConfiguration')['featureGates']
    expect(gates('v1.26.0')).toBeUndefined()
    expect(gates('v1.28.4')).toEqual({ EtcdLearnerMode: true })
    expect(gates('v1.30.0')).toBeUndefined()
    expect(gates('v1.31.4')).toEqual({ ControlPlaneKubeletLocalMode: true })
    expect(gates('v1.33.0')).toBeUndefined()
  })

  it('lets the user replace one of our arguments and keep the others', () => {
    const labelled = aHost('w1', { labels: { disk: 'ssd' } })
    const patch = { nodeRegistration: { kubeletExtraArgs: { 'node-ip': '192.0.2.99' } } }
    const text = renderJoinConfiguration(
      cluster('v1.36.3', { joinConfiguration: patch }),
      labelled,
      DISCOVERY,
    )
    expect(document(text, 'JoinConfiguration')['nodeRegistration']).toMatchObject({
      kubeletExtraArgs: [
        { name: 'node-labels', value: 'disk=ssd' },
        { name: 'node-ip', value: '192.0.2.99' },
      ],
    })
  })

  it('removes one of our arguments if the user sets it to null', () => {
    const patch = { nodeRegistration: { kubeletExtraArgs: { 'node-ip': null } } }
    const text = renderJoinConfiguration(
      cluster('v1.36.3', { joinConfiguration: patch }),
      aHost('w1'),
      DISCOVERY,
    )
    expect(document(text, 'JoinConfiguration')['nodeRegistration']).toMatchObject({ kubeletExtraArgs: [] })
  })

  it('can repeat an argument in v1beta4 and rejects that in v1beta3', () => {
    const extraArgs = ['https://a', 'https://b'].map((value) => ({ name: 'service-account-issuer', value }))
    const patch = { clusterConfiguration: { apiServer: { extraArgs } } }
    const rendered = document(renderClusterConfiguration(cluster('v1.36.3', patch)), 'ClusterConfiguration')
    expect(rendered['apiServer']).toMatchObject({ extraArgs })
    expect(() => renderClusterConfiguration(cluster('v1.30.0', patch))).toThrow(
      'apiServer.extraArgs gives "service-account-issuer" more than once',
    )
  })

  it.each([[5], ['--v=4'], [[{ name: 'v' }]], [{ v: { nested: true } }]])(
    'rejects extra arguments such as %j',
    (extraArgs) => {
      const patch = { clusterConfiguration: { scheduler: { extraArgs } } }
      expect(() => renderClusterConfiguration(cluster('v1.36.3', patch))).toThrow(/^scheduler\.extraArgs/)
    },
  )

  it('never turns a worker into a control plane, whatever the join patch says', () => {
    const patch = { joinConfiguration: { controlPlane: { certificateKey: 'x' } } }
    const text = renderJoinConfiguration(cluster('v1.36.3', patch), aHost('w1'), DISCOVERY)
    expect(document(text, 'JoinConfiguration')).not.toHaveProperty('controlPlane')
  })

  it('makes every control plane listen on the port of the first one', () => {
    const patch = { initConfiguration: { localAPIEndpoint: { bindPort: 7443 } } }
    const text = renderJoinConfiguration(cluster('v1.36.3', patch), aHost('cp2'), DISCOVERY)
    expect(document(text, 'JoinConfiguration')['controlPlane']).toEqual({
      localAPIEndpoint: { advertiseAddress: '192.0.2.12', bindPort: 7443 },
    })
  })

  it('leaves the node address to the kubelet if only a name is known', () => {
    const named = aHost('w1', { address: 'w1.prod.lab', internalAddress: 'w1.prod.lab' })
    const text = renderJoinConfiguration(cluster('v1.36.3'), named, DISCOVERY)
    expect(document(text, 'JoinConfiguration')['nodeRegistration']).not.toHaveProperty('kubeletExtraArgs')
  })

  it('keeps an empty list of taints, which means no taints', () => {
    const text = renderInitConfiguration(cluster('v1.36.3'), aHost('cp1', { taints: [] }), SECRETS)
    expect(document(text, 'InitConfiguration')['nodeRegistration']).toMatchObject({ taints: [] })
  })

  it('lists the endpoint host in the certificate once', () => {
    const text = renderClusterConfiguration(cluster('v1.36.3', {}, ['api.prod.lab', 'other.lab']))
    expect(document(text, 'ClusterConfiguration')['apiServer']).toEqual({
      certSANs: ['api.prod.lab', 'other.lab'],
    })
  })

  it('cannot be rendered while the version is still a channel', () => {
    expect(() => renderClusterConfiguration(cluster('stable'))).toThrow(
      'does not name one Kubernetes release',
    )
  })

  it('quotes text that YAML 1.1 would read as another type', () => {
    const extraArgs = { a: 'yes', b: 'off', c: '0o14', d: '1e3', e: '~' }
    const text = renderClusterConfiguration(
      cluster('v1.30.0', { clusterConfiguration: { scheduler: { extraArgs } } }),
    )
    const [reread] = parseAllDocuments(text, { version: '1.1' }).map((read) => read.toJS() as object)
    expect(reread).toMatchObject({ scheduler: { extraArgs } })
  })
})
