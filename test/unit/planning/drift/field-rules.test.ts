import { describe, expect, it } from 'vitest'
import { clusterFileJsonSchema, type JsonSchema } from '../../../../src/cluster-file/json-schema.js'
import { ruleOf } from '../../../../src/planning/drift/field-rules.js'
import type { Cluster } from '../../../../src/cluster/model.js'
import { planApply } from '../../../../src/planning/plan.js'
import { aCluster, aClusterWithEtcdHosts } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'
import type { Standing } from '../../../../src/facts/standing.js'
import { defined } from '../../../../src/values/defined.js'

const running = aCluster()

/** What plan says of an edited file over the cluster that runs. */
function findingsOf(file: Cluster, channel?: string) {
  const learnt = { presence: present(standingOf(running)), unanswered: [] }
  const more = defined({ channel })
  return planApply(file, joinedFacts(running), { ...learnt, ...more }).findings.map(
    ({ severity, code, message }) => `${severity} ${code} ${message}`,
  )
}

const withKubernetes = (changes: Partial<Cluster['kubernetes']>): Cluster => ({
  ...running,
  kubernetes: { ...running.kubernetes, ...changes },
})
const withNetworking = (changes: Partial<Cluster['kubernetes']['networking']>): Cluster =>
  withKubernetes({ networking: { ...running.kubernetes.networking, ...changes } })
const withPatches = (changes: Partial<Cluster['kubernetes']['kubeadm']>): Cluster =>
  withKubernetes({ kubeadm: { ...running.kubernetes.kubeadm, ...changes } })

describe('an edited file for a running cluster', () => {
  it('causes no finding if it matches the cluster', () => {
    expect(findingsOf(running)).toEqual([])
  })

  it.each([
    [
      'the port of the endpoint',
      withKubernetes({ controlPlaneEndpoint: { host: 'api.prod.lab', port: 7443 } }),
      'kubernetes.controlPlaneEndpoint is api.prod.lab:6443 in the running cluster, and api.prod.lab:7443 in the file',
    ],
    [
      'the name of the endpoint',
      withKubernetes({ controlPlaneEndpoint: { host: 'k8s.prod.lab', port: 6443 } }),
      'kubernetes.controlPlaneEndpoint is api.prod.lab:6443 in the running cluster, and k8s.prod.lab:6443 in the file',
    ],
    [
      'the pod network',
      withNetworking({ podSubnet: '10.200.0.0/16' }),
      'kubernetes.networking.podSubnet is 10.244.0.0/16 in the running cluster, and 10.200.0.0/16 in the file',
    ],
    [
      'the service network',
      withNetworking({ serviceSubnet: '10.112.0.0/12' }),
      'kubernetes.networking.serviceSubnet is 10.96.0.0/12 in the running cluster, and 10.112.0.0/12 in the file',
    ],
    [
      'the DNS domain',
      withNetworking({ dnsDomain: 'k8s.lab' }),
      'kubernetes.networking.dnsDomain is cluster.local in the running cluster, and k8s.lab in the file',
    ],
    [
      'the topology of etcd',
      { ...running, etcd: aClusterWithEtcdHosts().etcd },
      'etcd.topology is stacked in the running cluster, and external in the file',
    ],
    [
      'the network plugin',
      { ...running, network: { plugin: 'none' } } satisfies Cluster,
      'network.plugin is flannel in the running cluster, and none in the file',
    ],
  ])('cannot change %s, and the finding has both values', (_, file, message) => {
    expect(findingsOf(file)).toContain(`error FIELD_CANNOT_CHANGE ${message}`)
  })

  it.each(['v1.36.4', 'v1.37.2', 'v1.35.1'])(
    'cannot change the version to %s, and the finding names the command that can',
    (version) => {
      expect(findingsOf(withKubernetes({ version }))).toContain(
        `error UPGRADE_NEEDED kubernetes.version is v1.36.3 in the running cluster, and ${version} in the file`,
      )
    },
  )

  it('keeps the running version if its channel has moved on', () => {
    const file = withKubernetes({ version: 'v1.36.9' })
    expect(findingsOf(file, 'stable-1.36')).toEqual([
      'advice UPGRADE_NEEDED the cluster runs v1.36.3, and stable-1.36 is at v1.36.9 now; an apply keeps v1.36.3',
    ])
    const { cluster, changes } = planApply(file, joinedFacts(running), {
      presence: present(standingOf(running)),
      unanswered: [],
      channel: 'stable-1.36',
    })
    expect(cluster.kubernetes.version).toBe('v1.36.3')
    expect(changes).toEqual([])
  })

  it.each([
    ['image repository', withKubernetes({ imageRepository: 'mirror.lab' }), 'kubernetes.imageRepository is'],
    [
      'folders of certificates',
      withPatches({ clusterConfiguration: { certificatesDir: '/pki' } }),
      'kubernetes.kubeadm.clusterConfiguration is certificatesDir: not set',
    ],
  ])('causes a warning that other %s are not applied yet', (_, file, message) => {
    expect(findingsOf(file)).toContainEqual(expect.stringContaining(`warning CHANGE_NOT_APPLIED ${message}`))
  })

  it('causes no warning about the running endpoint in the certificate', () => {
    const other = withKubernetes({ controlPlaneEndpoint: { host: 'api.other.lab', port: 6443 } })
    const codes = findingsOf(other).map((line) => line.split(' ')[1])
    expect(codes).toContain('FIELD_CANNOT_CHANGE')
    expect(codes).not.toContain('CHANGE_NOT_APPLIED')
  })

  it('causes warnings only about kubelet settings that differ and need an empty node', () => {
    const file = withPatches({
      kubeletConfiguration: { cgroupDriver: 'cgroupfs', serializeImagePulls: false },
    })
    const standing = standingOf(running, {
      kubeletConfiguration: { cgroupDriver: 'systemd', serializeImagePulls: false },
    })
    const { findings } = planApply(file, joinedFacts(running), {
      presence: present(standing),
      unanswered: [],
    })
    expect(findings.map(({ message }) => message)).toEqual([
      'kubernetes.kubeadm.kubeletConfiguration is cgroupDriver: "systemd" in the running cluster, and cgroupDriver: "cgroupfs" in the file',
    ])
  })
})

describe('values in a different notation', () => {
  it.each([
    ['an endpoint without its port', { controlPlaneEndpoint: 'api.prod.lab' }],
    ['an endpoint in capitals', { controlPlaneEndpoint: 'API.prod.lab:6443' }],
  ])('are equal to the running ones: %s', (_, configuration) => {
    const standing = standingOf(running)
    const presence = present({ ...standing, configuration: { ...standing.configuration, ...configuration } })
    expect(planApply(running, joinedFacts(running), { presence, unanswered: [] }).findings).toEqual([])
  })

  it('are equal for extra arguments as a list and as a map', () => {
    const file = withPatches({ clusterConfiguration: { apiServer: { extraArgs: { profiling: false } } } })
    const standing = standingOf(running)
    const document = { apiServer: { extraArgs: [{ name: 'profiling', value: 'false' }] } }
    const presence = present({ ...standing, configuration: { ...standing.configuration, document } })
    expect(planApply(file, joinedFacts(running), { presence, unanswered: [] }).findings).toEqual([])
  })

  /** What an apply reports, and the values that it changes. */
  const noted = (patches: Partial<Cluster['kubernetes']['kubeadm']>, changes: Partial<Standing>) => {
    const presence = present(standingOf(running, changes))
    const plan = planApply(withPatches(patches), joinedFacts(running), { presence, unanswered: [] })
    // The documents of these clusters are bare.
    const values = plan.changes.flatMap(({ diff = [] }) => diff).map(({ path }) => path)
    const changed = values.filter((path) => path !== 'apiVersion' && path !== 'kind')
    return [...plan.findings.map(({ message }) => message), ...changed]
  }
  const keeping = (document: Standing['configuration']['document']): Partial<Standing> => ({
    configuration: { ...standingOf(running).configuration, document },
  })

  // How kubeadm stores what it was given: keys in order, durations as Go writes them, empty fields left out.
  it.each<[string, Partial<Cluster['kubernetes']['kubeadm']>, Partial<Standing>]>([
    [
      'a volume with its keys in another order',
      {
        clusterConfiguration: {
          apiServer: { extraVolumes: [{ name: 'a', hostPath: '/a', mountPath: '/b', readOnly: false }] },
        },
      },
      keeping({ apiServer: { extraVolumes: [{ hostPath: '/a', mountPath: '/b', name: 'a' }] } }),
    ],
    [
      'the period of certificates',
      { clusterConfiguration: { certificateValidityPeriod: '4380h' } },
      keeping({ certificateValidityPeriod: '4380h0m0s' }),
    ],
    ['an empty list', { clusterConfiguration: { apiServer: { extraVolumes: [] } } }, keeping({})],
    [
      'durations of the kubelet',
      { kubeletConfiguration: { shutdownGracePeriod: '60s', streamingConnectionIdleTimeout: '1.5h' } },
      { kubeletConfiguration: { shutdownGracePeriod: '1m0s', streamingConnectionIdleTimeout: '1h30m0s' } },
    ],
    [
      'what is off without a value',
      { kubeletConfiguration: { serverTLSBootstrap: false, readOnlyPort: 0 } },
      { kubeletConfiguration: {} },
    ],
    [
      'durations of kube-proxy',
      { kubeProxyConfiguration: { conntrack: { tcpEstablishedTimeout: '24h' } } },
      { kubeProxyConfiguration: { conntrack: { tcpEstablishedTimeout: '24h0m0s' } } },
    ],
  ])('are equal for %s', (_, patches, changes) => {
    expect(noted(patches, changes)).toEqual([])
  })

  it.each<[string, Partial<Cluster['kubernetes']['kubeadm']>, Partial<Standing>]>([
    [
      'is on without a value',
      { kubeletConfiguration: { serializeImagePulls: false } },
      { kubeletConfiguration: {} },
    ],
    ['is empty on purpose', { kubeletConfiguration: { resolvConf: '' } }, { kubeletConfiguration: {} }],
    [
      'is another duration',
      { kubeletConfiguration: { shutdownGracePeriod: '60m' } },
      { kubeletConfiguration: { shutdownGracePeriod: '1m0s' } },
    ],
    [
      'is an argument without a value',
      { clusterConfiguration: { apiServer: { extraArgs: { 'disable-admission-plugins': '' } } } },
      keeping({}),
    ],
    [
      'was an argument, and left the file',
      {},
      keeping({ apiServer: { extraArgs: [{ name: 'audit-log-maxage', value: '30' }] } }),
    ],
    [
      'was a volume, and left the file',
      { clusterConfiguration: { scheduler: { extraArgs: { v: 2 } } } },
      keeping({
        scheduler: {
          extraArgs: [{ name: 'v', value: '2' }],
          extraVolumes: [{ name: 'a', hostPath: '/a', mountPath: '/b' }],
        },
      }),
    ],
  ])('are not equal for what %s', (_, patches, changes) => {
    expect(noted(patches, changes)).toHaveLength(1)
  })
})

describe('the table of fields', () => {
  it('says of every cluster file field whether it can change later', () => {
    const paths = leafPaths(clusterFileJsonSchema())
    expect(paths.length).toBeGreaterThan(50)
    expect(paths.filter((path) => ruleOf(path) === undefined)).toEqual([])
  })
})

function leafPaths(schema: JsonSchema, path = ''): readonly string[] {
  const fields = Object.entries(schema.properties ?? {})
  if (fields.length === 0) return [path]
  return fields.flatMap(([name, field]) => {
    const below = path === '' ? name : `${path}.${name}`
    return field.items?.properties === undefined
      ? leafPaths(field, below)
      : leafPaths(field.items, `${below}[]`)
  })
}
