import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { FLANNEL_IMAGES } from '../../../src/configuration/pod-network/flannel.js'
import { clusterFile, parse, type Change } from './cluster-files.js'

const cluster = (...changes: readonly Change[]) => parse(clusterFile(...changes)).cluster

describe('a minimal cluster file', () => {
  it('has neither problems nor warnings', () => {
    expect(parse(clusterFile()).warnings).toEqual([])
  })

  it('gets the defaults that the schema documents', () => {
    const { kubernetes, network, loadBalancer, etcd, packages, containerRuntime } = cluster()
    expect(kubernetes.networking).toEqual({
      podSubnet: '10.244.0.0/16',
      serviceSubnet: '10.96.0.0/12',
      dnsDomain: 'cluster.local',
    })
    expect(kubernetes.imageRepository).toBe('registry.k8s.io')
    expect(network).toEqual({ plugin: 'flannel', backend: 'vxlan', ...FLANNEL_IMAGES })
    expect(loadBalancer).toEqual({ type: 'haproxy', hosts: ['lb1'] })
    expect(etcd).toEqual({ topology: 'stacked' })
    expect(packages).toEqual({ install: true, repository: 'https://pkgs.k8s.io' })
    expect(containerRuntime).toEqual({ registries: [], config: {} })
  })

  it('uses the address of a host as its internal address and checks host keys strictly', () => {
    expect(cluster().hosts[0]).toEqual({
      name: 'cp1',
      role: 'control-plane',
      address: '10.0.0.11',
      internalAddress: '10.0.0.11',
      ssh: {
        user: 'ops',
        port: 22,
        knownHostsFile: '/home/ops/.ssh/known_hosts',
        hostKeyChecking: 'strict',
      },
      labels: {},
    })
  })
})

describe('a cluster file', () => {
  it.each([
    ['api.prod.lab', { host: 'api.prod.lab', port: 6443 }],
    ['api.prod.lab:8443', { host: 'api.prod.lab', port: 8443 }],
    ['10.0.0.5:8443', { host: '10.0.0.5', port: 8443 }],
  ])('reads the endpoint %s', (text, endpoint) => {
    const read = cluster([['spec', 'kubernetes', 'controlPlaneEndpoint'], text])
    expect(read.kubernetes.controlPlaneEndpoint).toEqual(endpoint)
  })

  it.each([
    ['1.36.3', 'v1.36.3'],
    ['stable', 'stable'],
    ['stable-1.36', 'stable-1.36'],
  ])('reads the version %s', (text, version) => {
    expect(cluster([['spec', 'kubernetes', 'version'], text]).kubernetes.version).toBe(version)
  })

  it("prefers a host's own ssh settings to the cluster's", () => {
    const read = cluster(
      [['spec', 'ssh'], { user: 'ops', port: 2222, identityFile: '~/.ssh/fleet' }],
      [['spec', 'hosts', 1, 'ssh'], { user: 'admin', identityFile: 'keys/cp2' }],
    )
    expect(read.hosts[0]?.ssh).toMatchObject({
      user: 'ops',
      port: 2222,
      identityFiles: ['/home/ops/.ssh/fleet'],
    })
    expect(read.hosts[1]?.ssh).toMatchObject({
      user: 'admin',
      port: 2222,
      identityFiles: ['/clusters/prod/keys/cp2'],
    })
  })

  it('defaults the login name to the current user', () => {
    const text = clusterFile([['spec', 'ssh'], undefined])
    expect(parse(text, { user: 'ada' }).cluster.hosts[0]?.ssh.user).toBe('ada')
  })

  it('keeps labels and taints, and distinguishes an empty list of taints from none', () => {
    const read = cluster(
      [['spec', 'hosts', 0, 'taints'], []],
      [['spec', 'hosts', 3, 'labels'], { 'example.com/disk': 'ssd', 'node-role.kubernetes.io/worker': '' }],
      [['spec', 'hosts', 3, 'taints'], [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }]],
    )
    expect(read.hosts[0]?.taints).toEqual([])
    expect(read.hosts[1]).not.toHaveProperty('taints')
    expect(read.hosts[3]?.labels).toEqual({ 'example.com/disk': 'ssd', 'node-role.kubernetes.io/worker': '' })
    expect(read.hosts[3]?.taints).toEqual([{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }])
  })

  it('can leave a field empty, as in Kubernetes', () => {
    const text = clusterFile([['spec', 'network'], null], [['spec', 'hosts', 0, 'labels'], null])
    expect(parse(text).cluster.network.plugin).toBe('flannel')
  })

  it('can give a label without a value', () => {
    const text = clusterFile([['spec', 'hosts', 3, 'labels'], { 'node-role.kubernetes.io/worker': null }])
    expect(parse(text).cluster.hosts[3]?.labels).toEqual({ 'node-role.kubernetes.io/worker': '' })
  })

  it('can log in with a directory account', () => {
    const users = ['jane@corp.example.com', 'CORP\\jane', 'svc-build$']
    const read = users.map((user) => cluster([['spec', 'ssh'], { user }]).hosts[0]?.ssh.user)
    expect(read).toEqual(users)
  })

  it('keeps null in kubeadm patches, where it removes a field', () => {
    const patch = { apiServer: { extraArgs: null } }
    const read = cluster([
      ['spec', 'kubernetes', 'kubeadm'],
      { clusterConfiguration: patch, joinConfiguration: null },
    ])
    expect(read.kubernetes.kubeadm.clusterConfiguration).toEqual(patch)
    expect(read.kubernetes.kubeadm.joinConfiguration).toEqual({})
  })

  it('can use anchors, aliases and merge keys', () => {
    const text = clusterFile([['spec', 'hosts'], undefined]).concat(
      '  hosts:\n',
      '    - &cp { name: cp1, role: control-plane, address: 10.0.0.11, labels: &labels { rack: "1" } }\n',
      '    - { <<: *cp, name: cp2, address: 10.0.0.12 }\n',
      '    - { <<: *cp, name: cp3, address: 10.0.0.13 }\n',
      '    - { name: w1, role: worker, address: 10.0.0.21, labels: *labels }\n',
    )
    const { hosts, loadBalancer } = parse(text).cluster
    expect(hosts.map(({ name, role, labels }) => [name, role, labels['rack']])).toEqual([
      ['cp1', 'control-plane', '1'],
      ['cp2', 'control-plane', '1'],
      ['cp3', 'control-plane', '1'],
      ['w1', 'worker', '1'],
    ])
    expect(loadBalancer).toEqual({ type: 'external' })
  })

  it('can be JSON, which is valid YAML', () => {
    const json = JSON.stringify(parseYaml(clusterFile()), undefined, 2)
    expect(parse(json)).toEqual(parse(clusterFile()))
  })
})

describe('files that a cluster file refers to', () => {
  const files: Readonly<Record<string, string>> = {
    '/clusters/prod/calico.yaml': 'kind: Namespace\n---\nkind: DaemonSet\n---\n',
    '/home/ops/key.asc': '-----BEGIN PGP PUBLIC KEY BLOCK-----\n…',
    '/clusters/prod/audit.yaml':
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{ level: Metadata }]\n',
  }
  const readFile = (path: string): string => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })
    return text
  }

  it('are read when it is loaded: the manifest of a pod network', () => {
    const text = clusterFile([['spec', 'network'], { manifest: './calico.yaml' }])
    expect(parse(text, { readFile }).cluster.network).toEqual({
      plugin: 'manifest',
      source: '/clusters/prod/calico.yaml',
      content: files['/clusters/prod/calico.yaml'],
    })
  })

  it('are read when it is loaded: the key of a package repository', () => {
    const packages = { repository: 'http://mirror.lab/', signingKeyFile: '~/key.asc' }
    const text = clusterFile([['spec', 'packages'], packages])
    expect(parse(text, { readFile }).cluster.packages).toEqual({
      install: true,
      repository: 'http://mirror.lab',
      signingKey: files['/home/ops/key.asc'],
    })
  })

  it('are read when it is loaded: the audit policy, known by its digest', () => {
    const text = clusterFile([['spec', 'kubernetes', 'auditPolicy'], 'audit.yaml'])
    const content = files['/clusters/prod/audit.yaml'] ?? ''
    const digest = createHash('sha256').update(content).digest('hex')
    expect(parse(text, { readFile }).cluster.kubernetes.auditPolicy).toEqual({ digest, content })
  })

  it('are not read if they are URLs', () => {
    const manifest = 'https://example.com/calico.yaml'
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
    const text = clusterFile([['spec', 'network'], { plugin: 'manifest', manifest, digest }])
    expect(parse(text).cluster.network).toEqual({ plugin: 'manifest', source: manifest, digest })
  })
})
