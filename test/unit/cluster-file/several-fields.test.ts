import { describe, expect, it } from 'vitest'
import { clusterFile, problemTexts, type Change } from './cluster-files.js'

const host = (index: number, field: string): (string | number)[] => ['spec', 'hosts', index, field]
const kubernetes = (...fields: string[]): string[] => ['spec', 'kubernetes', ...fields]

/** Each case: what is done to a good file, and the one problem that it then has. */
type Case = readonly [mistake: string, change: Change, problem: string]

const HOSTS: readonly Case[] = [
  [
    'two hosts of one name',
    [host(1, 'name'), 'cp1'],
    'spec.hosts[1].name: the name "cp1" is taken by spec.hosts[0] (cp1); give each host a name of its own',
  ],
  [
    'two hosts of one address and port',
    [host(1, 'address'), '10.0.0.11'],
    'spec.hosts[1].address: the address "10.0.0.11" with port 22 is taken by spec.hosts[0] (cp1); give each host an address of its own',
  ],
  [
    'two nodes behind one address',
    [['spec', 'hosts', 1], { name: 'cp2', role: 'control-plane', address: '10.0.0.11', ssh: { port: 2222 } }],
    'spec.hosts[1].address: "10.0.0.11" is the internal address of spec.hosts[0] (cp1) too; give each node its own internalAddress, which the others can reach',
  ],
  [
    'a control plane of which only a name is known',
    [host(0, 'address'), 'cp1.prod.lab'],
    'spec.hosts[0].internalAddress: required, because the address "cp1.prod.lab" is a name; a control plane advertises an IP address; give it here',
  ],
  [
    'no control plane',
    [['spec', 'hosts'], [{ name: 'w1', role: 'worker', address: '10.0.0.21' }]],
    'spec.hosts: no host has the role control-plane; give it to three hosts, or to one to try things out',
  ],
  [
    'nobody to log in as',
    [['spec', 'ssh'], undefined],
    'spec.ssh.user: missing; give the login name, here or at each host',
  ],
  [
    'the public half of a key',
    [['spec', 'ssh', 'identityFile'], '~/.ssh/id_ed25519.pub'],
    'spec.ssh.identityFile: "~/.ssh/id_ed25519.pub" is a public key; name the private key, without .pub',
  ],
  [
    'a taint given twice',
    [
      host(3, 'taints'),
      [
        { key: 'a', effect: 'NoSchedule' },
        { key: 'a', value: 'b', effect: 'NoSchedule' },
      ],
    ],
    'spec.hosts[3].taints[1]: the taint "a" with "NoSchedule" is given twice; keep one of them',
  ],
]

const NETWORKS: readonly Case[] = [
  [
    'pods and services in one network',
    [kubernetes('networking'), { podSubnet: '10.96.0.0/16' }],
    'spec.kubernetes.networking.podSubnet: 10.96.0.0/16 overlaps with the serviceSubnet 10.96.0.0/12; choose networks that share no address',
  ],
  [
    "a host's address inside the pods' network",
    [host(3, 'address'), '10.244.7.1'],
    "spec.hosts[3].address: 10.244.7.1 is inside the podSubnet 10.244.0.0/16; choose a podSubnet apart from the hosts' networks",
  ],
  [
    "an internal address inside the services' network",
    [host(3, 'internalAddress'), '10.96.0.9'],
    "spec.hosts[3].internalAddress: 10.96.0.9 is inside the serviceSubnet 10.96.0.0/12; choose a serviceSubnet apart from the hosts' networks",
  ],
  [
    'a pod network with too few networks for the nodes',
    [kubernetes('networking'), { podSubnet: '10.244.0.0/23' }],
    'spec.kubernetes.networking.podSubnet: 10.244.0.0/23 has room for 2 nodes of a /24 each, and there are 4; choose a larger network, e.g. a /16',
  ],
  [
    'a service network that kubeadm does not take',
    [kubernetes('networking'), { serviceSubnet: '172.16.0.0/30' }],
    'spec.kubernetes.networking.serviceSubnet: 172.16.0.0/30 is too small; use a /12 to a /28, which is what kubeadm accepts',
  ],
  [
    'services of another family than pods',
    [kubernetes('networking'), { serviceSubnet: 'fd00:10::/112' }],
    'spec.kubernetes.networking.serviceSubnet: fd00:10::/112: IPv6 is not supported yet; choose a private IPv4 network, e.g. 10.96.0.0/12',
  ],
  [
    "flannel's field for another plugin",
    [['spec', 'network'], { plugin: 'none', backend: 'vxlan' }],
    'spec.network.backend: belongs to flannel, but the plugin is none; remove one of the two',
  ],
  [
    'a manifest plugin without a manifest',
    [['spec', 'network'], { plugin: 'manifest' }],
    'spec.network.manifest: missing; give the path or https URL of the manifest',
  ],
  [
    'a manifest over plain http',
    [['spec', 'network'], { manifest: 'http://example.com/cni.yaml' }],
    'spec.network.manifest: "http://example.com/cni.yaml" is not protected in transit; use https, or a file',
  ],
  [
    'a manifest by URL that may be another tomorrow',
    [['spec', 'network'], { manifest: 'https://example.com/cni.yaml' }],
    'spec.network.digest: missing, and the content behind the URL may change; look at the manifest, then give the output of `curl -fsSL https://example.com/cni.yaml | sha256sum`, as sha256:…',
  ],
  [
    'a digest without a manifest',
    [['spec', 'network'], { digest: `sha256:${'0'.repeat(64)}` }],
    'spec.network.digest: belongs to manifest, but the plugin is flannel; remove one of the two',
  ],
  [
    'a port where packets are merely routed',
    [['spec', 'network'], { backend: 'host-gw', port: 8472 }],
    'spec.network.port: does not belong to the backend host-gw; remove one of the two',
  ],
  [
    "the pod subnet in flannel's own words",
    [['spec', 'network'], { netConf: { Network: '10.0.0.0/8' } }],
    'spec.network.netConf.Network: has a field of its own; use kubernetes.networking.podSubnet',
  ],
  [
    'a manifest that cannot be read',
    [['spec', 'network'], { manifest: 'cni.yaml' }],
    'spec.network.manifest: "cni.yaml" cannot be read; no files can be read here',
  ],
]

const REST: readonly Case[] = [
  [
    'a minor that is not supported',
    [kubernetes('version'), 'v1.23.17'],
    'spec.kubernetes.version: Kubernetes 1.23 is not supported; supported are 1.24 to 1.37',
  ],
  [
    'a channel of a minor that is not supported',
    [kubernetes('version'), 'stable-1.99'],
    'spec.kubernetes.version: Kubernetes 1.99 is not supported; supported are 1.24 to 1.37',
  ],
  [
    'what Quorate sets itself, laid over kubeadm',
    [kubernetes('kubeadm', 'clusterConfiguration'), { kubernetesVersion: 'v1.35.0' }],
    'spec.kubernetes.kubeadm.clusterConfiguration.kubernetesVersion: cannot be set here; remove it: kubernetes.version sets it',
  ],
  [
    "a document's own header, laid over kubeadm",
    [kubernetes('kubeadm', 'kubeletConfiguration'), { kind: 'KubeletConfiguration' }],
    'spec.kubernetes.kubeadm.kubeletConfiguration.kind: cannot be set here; remove it: the name of the section sets it',
  ],
  [
    'extra arguments that are none',
    [kubernetes('kubeadm', 'clusterConfiguration'), { scheduler: { extraArgs: '--v=4' } }],
    'spec.kubernetes.kubeadm.clusterConfiguration: scheduler.extraArgs must be a map or a list of {name, value}, not "--v=4"; write extra arguments as a map, e.g. { v: "4" }',
  ],
  [
    'a balancer on a host that is not there',
    [['spec', 'loadBalancer'], { type: 'haproxy', hosts: ['lb1', 'lb2'] }],
    'spec.loadBalancer.hosts[1]: no host is called "lb2"; did you mean "lb1"?',
  ],
  [
    'a balancer on a worker',
    [['spec', 'loadBalancer'], { type: 'haproxy', hosts: ['lb1', 'w1'] }],
    'spec.loadBalancer.hosts[1]: the host "w1" has the role "worker"; name hosts with the role load-balancer, or control planes',
  ],
  [
    'a balancer host for an external balancer',
    [['spec', 'loadBalancer'], { type: 'external' }],
    'spec.hosts[4].role: the load balancer is external; remove the host, or use type haproxy',
  ],
  [
    'packages over plain http without a key',
    [['spec', 'packages'], { repository: 'http://mirror.lab' }],
    'spec.packages.repository: "http://mirror.lab" uses plain http, so a key fetched from it cannot be trusted; give signingKeyFile, or use https',
  ],
  [
    'a registry given twice',
    [
      ['spec', 'containerRuntime', 'registries'],
      ['a', 'b'].map((name) => ({ registry: 'registry.k8s.io', endpoint: `https://${name}.lab` })),
    ],
    'spec.containerRuntime.registries[1].registry: "registry.k8s.io" is given twice; keep one of them',
  ],
]

describe.each([
  ['among hosts', HOSTS],
  ['among networks', NETWORKS],
  ['elsewhere', REST],
])('mistakes %s are reported', (_where, cases) => {
  it.each(cases)('%s', (_mistake, change, problem) => {
    expect(problemTexts(clusterFile(change))).toEqual([problem])
  })
})
