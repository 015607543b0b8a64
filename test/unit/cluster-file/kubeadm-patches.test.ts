/** What is laid over kubeadm's configuration: kubeadm takes it, and it undoes nothing that Quorate relies on. */
import { describe, expect, it } from 'vitest'
import { FIELDS, FLAGS } from '../../../src/cluster-file/checks/kubeadm/reliances.js'
import { clusterFile, problemTexts, type Change } from './cluster-files.js'

const KUBEADM = 'spec.kubernetes.kubeadm'
const patch = (section: string, value: unknown): Change => [['spec', 'kubernetes', 'kubeadm', section], value]
const inside = (path: string, value: unknown): unknown =>
  path.split('.').reduceRight<unknown>((inner, field) => ({ [field]: inner }), value)

type Case = readonly [section: string, path: string, value: unknown, problem: string]

const UNDONE: readonly Case[] = [
  [
    'joinConfiguration',
    'nodeRegistration.kubeletExtraArgs',
    { 'node-ip': '10.0.0.11' },
    ".node-ip: cannot be set here; remove it: the host's internalAddress sets it",
  ],
  [
    'initConfiguration',
    'nodeRegistration.kubeletExtraArgs',
    [{ name: 'hostname-override', value: 'master-1' }],
    "[0].name: cannot be set here; remove it: the host's name sets it",
  ],
  [
    'kubeletConfiguration',
    'cgroupDriver',
    'cgroupfs',
    `: cannot be "cgroupfs"; remove it: containerd uses the systemd cgroup driver`,
  ],
  [
    'kubeletConfiguration',
    'staticPodPath',
    '/srv/manifests',
    ': cannot be "/srv/manifests"; remove it: kubeadm and Quorate put the static pods into /etc/kubernetes/manifests',
  ],
  [
    'kubeletConfiguration',
    'clusterDomain',
    'corp.local',
    ': cannot be set here; remove it: kubernetes.networking.dnsDomain sets it',
  ],
  [
    'kubeletConfiguration',
    'containerRuntimeEndpoint',
    'unix:///run/crio/crio.sock',
    ': cannot be "unix:///run/crio/crio.sock"; remove it: Quorate installs and sets up containerd',
  ],
  [
    'clusterConfiguration',
    'apiServer.extraArgs',
    { 'advertise-address': '10.0.0.11' },
    ".advertise-address: cannot be set here; remove it: each host's internalAddress sets it",
  ],
  [
    'clusterConfiguration',
    'apiServer.extraArgs',
    { secure_port: 8443 },
    '.secure_port: cannot be set here; remove it: initConfiguration.localAPIEndpoint.bindPort sets it',
  ],
  [
    'clusterConfiguration',
    'apiServer.extraArgs',
    { 'anonymous-auth': false },
    '.anonymous-auth: cannot be "false"; remove it: load balancers and joining hosts send requests without a login; authentication-config restricts those requests',
  ],
  [
    'clusterConfiguration',
    'apiServer.extraArgs',
    { 'authorization-mode': 'RBAC' },
    '.authorization-mode: cannot be "RBAC"; remove it: joining needs Node and RBAC; list both',
  ],
  [
    'clusterConfiguration',
    'controllerManager.extraArgs',
    { controllers: '*' },
    '.controllers: cannot be "*"; remove it: joining needs bootstrapsigner, tokencleaner, csrapproving and csrsigning; start with "*,bootstrapsigner,tokencleaner"',
  ],
  [
    'clusterConfiguration',
    'scheduler.extraArgs',
    { 'leader-elect': 'false' },
    '.leader-elect: cannot be "false"; remove it: one runs on every control plane, and only one of them may act',
  ],
  [
    'clusterConfiguration',
    'etcd.local.extraArgs',
    { 'data-dir': '/srv/etcd' },
    '.data-dir: cannot be set here; remove it: Quorate relies on /var/lib/etcd',
  ],
  [
    'initConfiguration',
    'skipPhases',
    ['addon/kube-proxy'],
    ': cannot be ["addon/kube-proxy"]; remove it: Quorate relies on what they create; an addon may be skipped with a network plugin of your own',
  ],
  [
    'initConfiguration',
    'dryRun',
    true,
    ': cannot be true; remove it: kubeadm would do nothing, and report success',
  ],
  [
    'kubeProxyConfiguration',
    'clusterCIDR',
    '10.0.0.0/8',
    ': cannot be set here; remove it: kubernetes.networking.podSubnet sets it',
  ],
  [
    'clusterConfiguration',
    'networking',
    null,
    ': cannot be set here; remove it: kubernetes.networking sets it',
  ],
  [
    'joinConfiguration',
    'controlPlane.localAPIEndpoint',
    { bindPort: 7443 },
    ": cannot be set here; remove it: the host's internalAddress and initConfiguration's bindPort set it",
  ],
]

const REFUSED_BY_KUBEADM: readonly Case[] = [
  ['initConfiguration', 'localAPIEndpoint.bindPort', '8443', ': "8443" is not a port; write it like 8443'],
  [
    'clusterConfiguration',
    'apiserver',
    { extraArgs: {} },
    ': kubeadm has no field "apiserver" here; did you mean "apiServer"?',
  ],
  [
    'clusterConfiguration',
    'apiServer.timeoutForControlPlane',
    '5m0s',
    ': kubeadm has this field only before Kubernetes 1.31; use timeouts.controlPlaneComponentHealthCheck of initConfiguration and joinConfiguration',
  ],
  [
    'clusterConfiguration',
    'encryptionAlgorithm',
    'ED25519',
    ': "ED25519" is not one of RSA-2048, RSA-3072, RSA-4096, ECDSA-P256, ECDSA-P384; write it like RSA-2048',
  ],
  [
    'initConfiguration',
    'timeouts.discovery',
    '5 minutes',
    ': "5 minutes" is not a duration; write it like 5m0s',
  ],
  [
    'clusterConfiguration',
    'featureGates.RootlessControlPlane',
    'true',
    ': "true" is not true or false; write it like true',
  ],
  [
    'clusterConfiguration',
    'featureGates.EtcdLearner',
    true,
    ': kubeadm 1.36 has no feature gate "EtcdLearner"; it has NodeLocalCRISocket, PublicKeysECDSA, RootlessControlPlane; set the gates of a component in its extraArgs',
  ],
  ['kubeletConfiguration', 'maxpods', 200, ': kubeadm has no field "maxpods" here; did you mean "maxPods"?'],
  [
    'clusterConfiguration',
    'scheduler.extraArgs',
    { '': '4' },
    '[""]: an argument has no name; name it, or remove it',
  ],
  ['kubeletConfiguration', 'maxPods', '200', ': "200" is not a whole number; write it like 100'],
  [
    'kubeProxyConfiguration',
    'mode',
    'userspace',
    ': "userspace" is not one of iptables, ipvs, nftables; write it like iptables',
  ],
  [
    'initConfiguration',
    'nodeRegistration.ignorePreflightErrors',
    ['all', 'Swap'],
    ': kubeadm accepts no other entry beside "all"; list only the errors to ignore; "all" would hide the next one',
  ],
  [
    'clusterConfiguration',
    'etcd.local.serverCertSANs',
    ['etcd_1'],
    '[0]: "etcd_1" is not an IP address or DNS name; write it like etcd.example.com',
  ],
  [
    'clusterConfiguration',
    'scheduler.extraArgs',
    { '--v': '4' },
    '["--v"]: kubeadm adds the dashes itself; write v',
  ],
  [
    'clusterConfiguration',
    'apiServer.extraVolumes',
    { name: 'audit' },
    ': {"name":"audit"} is not a list; write it as a list',
  ],
  [
    'initConfiguration',
    'patches.directory',
    'patches',
    ': "patches" is not an absolute path; write it like /etc/kubernetes/patches',
  ],
]

describe.each([
  ['undoes what Quorate relies on', UNDONE],
  ['kubeadm refuses or ignores', REFUSED_BY_KUBEADM],
])('a patch that %s is rejected', (_kind, cases) => {
  it.each(cases)('%s.%s: %j', (section, path, value, problem) => {
    expect(problemTexts(clusterFile(patch(section, inside(path, value))))).toEqual([
      `${KUBEADM}.${section}.${path}${problem}`,
    ])
  })
})

describe('every field and flag that Quorate sets or relies on', () => {
  const fields = Object.entries(FIELDS).flatMap(([section, known]) =>
    Object.keys(known).map((field) => [section, field] as const),
  )
  it.each(fields)('is rejected with another value: %s.%s', (section, field) => {
    const text = clusterFile(patch(section, inside(field, 'something else')))
    expect(problemTexts(text).join('\n')).toMatch(
      new RegExp(`^${KUBEADM}\\.${section}\\.${field}: cannot be `, 'm'),
    )
  })

  const flags = FLAGS.flatMap(([section, path, known]) =>
    Object.keys(known).map((flag) => [section, path, flag] as const),
  )
  it.each(flags)('is rejected as a flag, in a map and in a list: %s.%s %s', (section, path, flag) => {
    const asMap = clusterFile(patch(section, inside(path, { [flag]: 'something else' })))
    const asList = clusterFile(patch(section, inside(path, [{ name: flag, value: 'something else' }])))
    expect(problemTexts(asMap)).toHaveLength(1)
    expect(problemTexts(asMap)[0]).toContain(`${KUBEADM}.${section}.${path}.${flag}: cannot be `)
    expect(problemTexts(asList)[0]).toContain(`${KUBEADM}.${section}.${path}[0].name: cannot be `)
  })
})
