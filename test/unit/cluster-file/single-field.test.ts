import { describe, expect, it } from 'vitest'
import { clusterFile, problemTexts, type Change } from './cluster-files.js'

const host = (index: number, field: string): (string | number)[] => ['spec', 'hosts', index, field]
const kubernetes = (...fields: string[]): string[] => ['spec', 'kubernetes', ...fields]

/** Each case: what is done to a good file, and the one problem that it then has. */
type Case = readonly [mistake: string, change: Change, problem: string]

const FIELDS: readonly Case[] = [
  [
    'a misspelt field',
    [host(0, 'adress'), '10.0.0.11'],
    'spec.hosts[0].adress: unknown field "adress"; did you mean "address"?',
  ],
  [
    'a field in the wrong place',
    [['spec', 'podSubnet'], '10.0.0.0/8'],
    'spec.podSubnet: unknown field "podSubnet"; it belongs to spec.kubernetes.networking',
  ],
  [
    'a field that nobody knows',
    [['metadata', 'quux'], 1],
    'metadata.quux: unknown field "quux"; known fields are name',
  ],
  [
    'a missing field',
    [host(3, 'address'), undefined],
    'spec.hosts[3].address: missing; required: IP address or DNS name that Quorate connects to, e.g. 10.0.0.11',
  ],
  [
    'a misspelt role',
    [host(0, 'role'), 'contol-plane'],
    'spec.hosts[0].role: unknown role "contol-plane"; did you mean "control-plane"?',
  ],
  [
    'an API version of the future',
    [['apiVersion'], 'quorate.dev/v2'],
    'apiVersion: unknown apiVersion "quorate.dev/v2"; known is quorate.dev/v1alpha1',
  ],
  [
    'a list instead of an object',
    [host(0, 'labels'), ['a']],
    'spec.hosts[0].labels: ["a"] is not an object with fields; write names and values: { name: value }',
  ],
  [
    'text that lacks its quotes',
    [host(0, 'labels'), { rack: 12 }],
    'spec.hosts[0].labels.rack: 12 is not text; put it in quotes: "12"',
  ],
  [
    'text instead of an object',
    [host(0, 'taints'), ['dedicated=db']],
    'spec.hosts[0].taints[0]: "dedicated=db" is not an object with fields; write its fields: { key: …, value: …, effect: … }',
  ],
  [
    'a number in quotes',
    [['spec', 'ssh', 'port'], '2222'],
    'spec.ssh.port: "2222" is not a number; leave the quotes out: 2222',
  ],
  [
    'a port beyond all ports',
    [['spec', 'ssh', 'port'], 70_000],
    'spec.ssh.port: 70000 is out of range; it must be at most 65535',
  ],
  ['no hosts', [['spec', 'hosts'], []], 'spec.hosts: the list is empty; it must have at least 1 entry'],
]

const FORMATS: readonly Case[] = [
  [
    'a name that is none',
    [['metadata', 'name'], 'Prod_1'],
    'metadata.name: "Prod_1" is not a name of lowercase letters, digits and dashes (RFC 1123, at most 63); write it like cp1',
  ],
  [
    'a wrong IP address',
    [host(3, 'address'), '10.0.0.999'],
    'spec.hosts[3].address: "10.0.0.999" is not an IP address or DNS name; write it like 10.0.0.11 or cp1.example.com',
  ],
  [
    'a URL as endpoint',
    [kubernetes('controlPlaneEndpoint'), 'https://api.prod.lab:6443'],
    'spec.kubernetes.controlPlaneEndpoint: "https://api.prod.lab:6443" is not host[:port]; write it like api.prod.lab:6443',
  ],
  [
    'a version as a number',
    [kubernetes('version'), 1.36],
    'spec.kubernetes.version: 1.36 is not text; write it like v1.36.3',
  ],
  [
    'a minor as version',
    [kubernetes('version'), 'v1.36'],
    'spec.kubernetes.version: "v1.36" is not a Kubernetes version; write it like v1.36.3 or stable or stable-1.36',
  ],
  [
    'a network that begins within itself',
    [kubernetes('networking', 'podSubnet'), '10.244.1.1/16'],
    'spec.kubernetes.networking.podSubnet: "10.244.1.1/16" does not begin with its first address; write 10.244.0.0/16',
  ],
  [
    'a network without its length',
    [kubernetes('networking', 'podSubnet'), '10.244.0.0'],
    'spec.kubernetes.networking.podSubnet: "10.244.0.0" has no prefix length; write it like 10.244.0.0/16',
  ],
  [
    'two networks in one',
    [kubernetes('networking', 'podSubnet'), '10.244.0.0/16,fd00:244::/56'],
    'spec.kubernetes.networking.podSubnet: "10.244.0.0/16,fd00:244::/56" names several networks, and dual stack is not supported yet; give the IPv4 one alone',
  ],
  [
    'two addresses in one',
    [host(3, 'internalAddress'), '10.0.0.21,fd00::21'],
    'spec.hosts[3].internalAddress: "10.0.0.21,fd00::21" names several addresses, and dual stack is not supported yet; give the IPv4 one alone',
  ],
  [
    'capitals in the endpoint',
    [kubernetes('controlPlaneEndpoint'), 'API-Lb1.Prod.Lab:6443'],
    'spec.kubernetes.controlPlaneEndpoint: "API-Lb1.Prod.Lab:6443" has capital letters, which kubeadm refuses; write api-lb1.prod.lab:6443',
  ],
  [
    "capitals in the cluster's domain",
    [kubernetes('networking', 'dnsDomain'), 'Cluster.Local'],
    'spec.kubernetes.networking.dnsDomain: "Cluster.Local" has capital letters, which kubeadm refuses; write cluster.local',
  ],
  [
    'an endpoint of IPv6 without brackets',
    [kubernetes('controlPlaneEndpoint'), 'fd00:10::5'],
    'spec.kubernetes.controlPlaneEndpoint: "fd00:10::5" is an IPv6 address, and IPv6 is not supported yet; use a DNS name, or an IPv4 address',
  ],
  [
    'an address with the length of a prefix, which is not a name either',
    [host(0, 'address'), '10.0.0.11/24'],
    'spec.hosts[0].address: "10.0.0.11/24" has a prefix length; write 10.0.0.11',
  ],
  [
    'an address with a port',
    [host(0, 'address'), '10.0.0.11:2222'],
    'spec.hosts[0].address: "10.0.0.11:2222" has a port; write 10.0.0.11, and ssh: { port: 2222 } if SSH is meant',
  ],
  [
    'an address with a login name',
    [host(0, 'address'), 'ops@10.0.0.11'],
    'spec.hosts[0].address: "ops@10.0.0.11" has a login name; write 10.0.0.11, and ssh: { user: ops }',
  ],
  [
    'a certificate name that is none',
    [kubernetes('certSANs'), ['api_1.example.com']],
    'spec.kubernetes.certSANs[0]: "api_1.example.com" is not an IP address or DNS name; write it like api.example.com or 203.0.113.7',
  ],
  [
    'an image repository with a scheme',
    [kubernetes('imageRepository'), 'https://registry.k8s.io'],
    'spec.kubernetes.imageRepository: "https://registry.k8s.io" is not an image repository (host[:port] and path, without scheme and tag); write it like registry.example.com:5000/kubernetes',
  ],
  [
    'an image repository that containerd does not take',
    [kubernetes('imageRepository'), 'registry.example.com/a..b'],
    'spec.kubernetes.imageRepository: "registry.example.com/a..b" is not an image repository (host[:port] and path, without scheme and tag); write it like registry.example.com:5000/kubernetes',
  ],
  [
    'a label key with a space',
    [host(3, 'labels'), { 'a b': 'c' }],
    'spec.hosts[3].labels["a b"]: "a b" is not a label or taint key; write it like example.com/disk',
  ],
  [
    'a taint effect that is none',
    [host(3, 'taints'), [{ key: 'a', effect: 'NoSchedul' }]],
    'spec.hosts[3].taints[0].effect: unknown effect "NoSchedul"; did you mean "NoSchedule"?',
  ],
  [
    'a fingerprint of the old kind',
    [host(3, 'ssh'), { hostKeyFingerprint: 'MD5:16:27' }],
    'spec.hosts[3].ssh.hostKeyFingerprint: "MD5:16:27" is not a host key\'s fingerprint, as ssh-keygen -l shows it; write it like SHA256:uNiVztksCsDhcc0u9e8BrJQXVnVCCKRtNeSv8yOWSFA',
  ],
]

const NOT_YET: readonly Case[] = [
  [
    'commands in place of a connection',
    [host(3, 'ssh'), { proxyCommand: 'nc %h %p' }],
    'spec.hosts[3].ssh.proxyCommand: a command instead of a connection is not supported; use proxyJump',
  ],
  [
    'passwords',
    [['spec', 'ssh', 'sudoPassword'], 'x'],
    'spec.ssh.sudoPassword: a password in the cluster file is not supported; say where the password is: passwordFrom (for sudo: sudoPasswordFrom) with env, file or prompt',
  ],
]

describe.each([
  ['of fields', FIELDS],
  ['of formats', FORMATS],
  ['that ask for what is not supported yet', NOT_YET],
])('mistakes %s are reported', (_where, cases) => {
  it.each(cases)('%s', (_mistake, change, problem) => {
    expect(problemTexts(clusterFile(change))).toEqual([problem])
  })
})
