/** What may be laid over kubeadm's configuration. */
import { describe, expect, it } from 'vitest'
import { clusterFile, problemTexts, type Change } from './cluster-files.js'

const KUBEADM = 'spec.kubernetes.kubeadm'
const patch = (section: string, value: unknown): Change => [['spec', 'kubernetes', 'kubeadm', section], value]

describe('a kubeadm patch that changes nothing Quorate relies on', () => {
  it.each<readonly [section: string, value: object]>([
    [
      'kubeletConfiguration',
      { cgroupDriver: 'systemd', maxPods: 200, failSwapOn: false, failCgroupV1: false },
    ],
    [
      'kubeletConfiguration',
      { evictionHard: { 'memory.available': '100Mi' }, clusterDNS: ['169.254.20.10'] },
    ],
    ['kubeletConfiguration', { aFieldOfTomorrow: 1, cgroupDriver: null }],
    ['kubeProxyConfiguration', { mode: 'nftables', metricsBindAddress: '0.0.0.0:10249' }],
    [
      'clusterConfiguration',
      {
        apiServer: {
          extraArgs: {
            'audit-log-maxage': '30',
            'authorization-mode': 'Node,RBAC,Webhook',
            'bind-address': '0.0.0.0',
          },
          extraVolumes: [{ name: 'audit', hostPath: '/etc/audit', mountPath: '/etc/audit', readOnly: true }],
        },
        controllerManager: {
          extraArgs: { 'bind-address': '0.0.0.0', controllers: '*,bootstrapsigner,tokencleaner,-ttl' },
        },
        etcd: {
          local: {
            extraArgs: { 'quota-backend-bytes': '8589934592', 'listen-metrics-urls': 'http://0.0.0.0:2381' },
          },
        },
        encryptionAlgorithm: 'ECDSA-P256',
        dns: { imageTag: 'v1.12.0' },
      },
    ],
    [
      'initConfiguration',
      {
        localAPIEndpoint: { bindPort: 7443 },
        skipPhases: ['preflight'],
        timeouts: { controlPlaneComponentHealthCheck: '6m' },
        nodeRegistration: {
          ignorePreflightErrors: ['NumCPU'],
          imagePullSerial: false,
          kubeletExtraArgs: { v: 4 },
        },
      },
    ],
    ['joinConfiguration', { nodeRegistration: { imagePullPolicy: 'Never' }, controlPlane: {} }],
  ])('is accepted: %s %j', (section, value) => {
    expect(problemTexts(clusterFile(patch(section, value)))).toEqual([])
  })

  it('can skip an addon if the pod network is not Flannel', () => {
    const none: Change = [['spec', 'network'], { plugin: 'none' }]
    expect(
      problemTexts(clusterFile(none, patch('initConfiguration', { skipPhases: ['addon/kube-proxy'] }))),
    ).toEqual([])
    expect(
      problemTexts(clusterFile(none, patch('clusterConfiguration', { proxy: { disabled: true } }))),
    ).toEqual([])
  })

  it('can use fields from before Kubernetes 1.31 with such a version', () => {
    const old: Change = [['spec', 'kubernetes', 'version'], 'v1.30.14']
    const timeout = patch('clusterConfiguration', { apiServer: { timeoutForControlPlane: '5m0s' } })
    expect(problemTexts(clusterFile(old, timeout))).toEqual([])
    expect(
      problemTexts(clusterFile(old, patch('clusterConfiguration', { dns: { disabled: false } }))),
    ).toEqual([
      `${KUBEADM}.clusterConfiguration.dns.disabled: kubeadm has this field only from Kubernetes 1.31 on; remove it`,
    ])
  })
})
