/** Writes a new cluster file, with comments that teach, from what `quorate init` has learnt. */
import { stringify } from 'yaml'
import type { EncryptionAtRest, HostRole, KubeadmPatches, Taint } from '../cluster/model.js'
import { DEFAULT_NETWORKS } from './kubernetes-schema.js'
import { API_VERSION, KIND } from './schema.js'
import { defined } from '../values/defined.js'

/** A host of a new cluster file. */
export interface AnsweredHost {
  readonly name: string
  readonly role: HostRole
  /** IP address or DNS name. */
  readonly address: string
  /** IP address; needed for a control plane whose address is a name. */
  readonly internalAddress?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  /** False for a host that somebody prepared by hand. */
  readonly prepare?: false
  /** Comments above it, one line each. */
  readonly notes?: readonly string[]
}

/** What a new cluster file says. Anything left out gets its default, or a comment that shows how to set it. */
export interface ClusterFileAnswers {
  readonly name: string
  /** Whether the cluster runs already, built by somebody else. */
  readonly isAdopted?: true
  /** `v1.36.3`, `stable` or `stable-1.36`. */
  readonly version: string
  /** `host[:port]` */
  readonly controlPlaneEndpoint: string
  readonly certSANs?: readonly string[]
  readonly podSubnet?: string
  readonly serviceSubnet?: string
  readonly dnsDomain?: string
  readonly imageRepository?: string
  readonly encryptionAtRest?: EncryptionAtRest
  readonly kubeadm?: Partial<KubeadmPatches>
  /** Comments about the pod network that runs, one line each. */
  readonly networkNotes?: readonly string[]
  readonly network?:
    | { readonly plugin: 'flannel'; readonly backend?: 'vxlan' | 'host-gw' }
    | { readonly plugin: 'manifest'; readonly manifest: string }
    | { readonly plugin: 'none' }
  /** Client URLs of an etcd that somebody else runs. */
  readonly etcdEndpoints?: readonly string[]
  readonly packages?: {
    readonly install?: boolean
    readonly repository?: string
    readonly signingKeyFile?: string
  }
  readonly ssh: {
    readonly user: string
    readonly port?: number
    readonly identityFile?: string
    readonly knownHostsFile?: string
    readonly hostKeyChecking?: 'strict' | 'accept-new'
    readonly proxyJump?: string
  }
  readonly hosts: readonly AnsweredHost[]
}

/** The text of a cluster file, which `parseClusterFile` reads back to the same answers. */
export function renderClusterFile(answers: ClusterFileAnswers): string {
  const sections = [
    head(answers),
    kubernetes(answers),
    network(answers),
    loadBalancer(answers),
    etcd(answers),
    packages(answers),
    containerRuntime(),
    ssh(answers),
    hosts(answers),
  ]
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

type Lines = readonly string[]

function head({ name, isAdopted }: ClusterFileAnswers): Lines {
  return [
    isAdopted === true
      ? '# The Kubernetes cluster that runs on these hosts, as `quorate adopt` has read it. Check it before you apply:'
      : '# The Kubernetes cluster that Quorate should build. Edit this file, and check before you apply:',
    '# `quorate validate` checks it, `quorate plan` shows what would be done, `quorate apply` does it.',
    '# `quorate schema` prints a JSON Schema with every field, for editors.',
    `apiVersion: ${API_VERSION}`,
    `kind: ${KIND}`,
    'metadata:',
    `  name: ${value(name)}`,
    'spec:',
  ]
}

function kubernetes(answers: ClusterFileAnswers): Lines {
  const { version, controlPlaneEndpoint, certSANs = [], imageRepository, dnsDomain } = answers
  const kubeadm = Object.keys(answers.kubeadm ?? {}).length === 0 ? undefined : answers.kubeadm
  const { podSubnet, serviceSubnet } = { ...DEFAULT_NETWORKS, ...answers }
  return [
    '  kubernetes:',
    '    # A release; stable and stable-1.36 are resolved once per operation, then pinned.',
    `    version: ${value(version)}`,
    '    # The name of the API endpoint; it must resolve to the load balancer. It cannot be changed later.',
    `    controlPlaneEndpoint: ${value(controlPlaneEndpoint)}`,
    "    # Further names and addresses for the API server's certificate.",
    given('    ', 'certSANs', certSANs.length === 0 ? undefined : certSANs, ['api.example.com']),
    ...(answers.encryptionAtRest === undefined
      ? []
      : [
          '    # Without it, an apply decrypts what is in etcd.',
          `    encryptionAtRest: ${value(answers.encryptionAtRest)}`,
        ]),
    "    # These must not overlap with each other or with the hosts' own networks.",
    '    networking:',
    `      podSubnet: ${value(podSubnet)}`,
    `      serviceSubnet: ${value(serviceSubnet)}`,
    ...(dnsDomain === undefined ? [] : [`      dnsDomain: ${value(dnsDomain)}`]),
    '    # A registry of your own with the images of Kubernetes.',
    given('    ', 'imageRepository', imageRepository, 'registry.example.com/kubernetes'),
    "    # Merged into kubeadm's configuration: clusterConfiguration, initConfiguration, joinConfiguration,",
    '    # kubeletConfiguration, kubeProxyConfiguration.',
    ...(kubeadm === undefined
      ? [
          given('    ', 'kubeadm', undefined, {
            clusterConfiguration: { apiServer: { extraArgs: { v: '2' } } },
          }),
        ]
      : block('    ', { kubeadm })),
  ]
}

function network({ network = { plugin: 'flannel' }, networkNotes = [] }: ClusterFileAnswers): Lines {
  return [
    '  # The pod network: flannel, none, or a manifest of your own by path or https URL.',
    ...networkNotes.map((note) => comment('  ', note)),
    '  network:',
    `    plugin: ${network.plugin}`,
    ...(network.plugin === 'manifest' ? [`    manifest: ${value(network.manifest)}`] : []),
    ...(network.plugin === 'flannel'
      ? [
          '    # host-gw is faster than vxlan if all hosts are in one subnet.',
          given('    ', 'backend', network.backend, 'host-gw'),
        ]
      : []),
  ]
}

function loadBalancer(answers: ClusterFileAnswers): Lines {
  const names = answers.hosts.filter(({ role }) => role === 'load-balancer').map(({ name }) => name)
  return [
    '  # Quorate runs haproxy on these hosts. With type external you have a load balancer of your own.',
    '  loadBalancer:',
    ...(names.length === 0
      ? ['    type: external']
      : [
          '    type: haproxy',
          `    hosts: ${value(names)}`,
          '    # With two or more hosts: an address that keepalived moves to a working host; the endpoint resolves to it.',
          given('    ', 'virtualAddress', undefined, '10.0.0.100'),
        ]),
  ]
}

function etcd({ hosts, etcdEndpoints }: ClusterFileAnswers): Lines {
  if (etcdEndpoints !== undefined) {
    return [
      '  # An etcd that somebody else runs, and the client files for it on the machine where the worker runs: copies of',
      '  # etcd/ca.crt and apiserver-etcd-client.{crt,key} in /etc/kubernetes/pki of a control plane. They are only read',
      '  # when a first control plane is initialised.',
      '  etcd:',
      '    topology: external',
      `    endpoints: ${value(etcdEndpoints)}`,
      '    caFile: ./etcd/ca.crt',
      '    certFile: ./etcd/apiserver-etcd-client.crt',
      '    keyFile: ./etcd/apiserver-etcd-client.key',
    ]
  }
  return [
    '  # Each control plane carries an etcd member; with topology external, hosts with the role etcd do.',
    '  etcd:',
    `    topology: ${hosts.some(({ role }) => role === 'etcd') ? 'external' : 'stacked'}`,
  ]
}

function packages({ packages = {} }: ClusterFileAnswers): Lines {
  return [
    '  packages:',
    '    # With false nothing is installed; what must be there is only verified.',
    `    install: ${String(packages.install ?? true)}`,
    '    # A mirror of the Kubernetes packages, laid out as pkgs.k8s.io is, and the key that signs it.',
    given('    ', 'repository', packages.repository, 'https://packages.example.com/kubernetes'),
    given('    ', 'signingKeyFile', packages.signingKeyFile, './packages.asc'),
  ]
}

function containerRuntime(): Lines {
  const registries = [{ registry: 'registry.k8s.io', endpoint: 'https://mirror.example.com' }]
  return [
    '  # Registries that are reached at another address.',
    given('  ', 'containerRuntime', undefined, { registries }),
  ]
}

function ssh({ ssh }: ClusterFileAnswers): Lines {
  return [
    '  # How to log in: as root, or as a user who may run sudo. A host may override this, and the rest is',
    '  # taken from ~/.ssh/config (docs/ssh.md).',
    '  ssh:',
    `    user: ${value(ssh.user)}`,
    given('    ', 'port', ssh.port, 22),
    '    # Without it, ssh-agent and the default keys are tried. Paths are on the machine where the worker runs.',
    given('    ', 'identityFile', ssh.identityFile, '~/.ssh/id_ed25519'),
    given('    ', 'knownHostsFile', ssh.knownHostsFile, '~/.ssh/known_hosts'),
    "    # accept-new learns a host's key the first time; a changed key is always refused.",
    given('    ', 'hostKeyChecking', ssh.hostKeyChecking, 'accept-new'),
    '    # For hosts that cannot be reached directly; the key of a jump host is checked like that of a host.',
    given('    ', 'proxyJump', ssh.proxyJump, 'ops@bastion.example.com'),
    '    # Where the password for sudo is, if sudo asks for one: env, file or prompt; passwordFrom for the login.',
    given('    ', 'sudoPasswordFrom', undefined, { file: '~/.quorate/sudo-password' }),
  ]
}

function hosts({ hosts }: ClusterFileAnswers): Lines {
  return [
    '  # The machines. Three or five control planes survive the loss of one or two. A host may also have',
    '  # internalAddress, ssh, labels and taints. With prepare: false, an apply leaves packages, containerd and kernel',
    '  # settings of a host as they are.',
    '  hosts:',
    ...hosts.flatMap(({ name, role, address, internalAddress, labels = {}, taints, prepare, notes = [] }) => {
      const marks = { labels: Object.keys(labels).length === 0 ? undefined : labels, taints, prepare }
      const host = { name, role, address, ...defined({ internalAddress, ...marks }) }
      return [...notes.map((note) => comment('    ', note)), `    - ${value(host)}`]
    }),
  ]
}

/** One comment line. A line break in text that was read elsewhere would end the comment early. */
function comment(indent: string, text: string): string {
  return `${indent}# ${text.replaceAll(/\s+/g, ' ')}`
}

/** A field with its value or, if it has none, a comment that shows the field with an example. */
function given(indent: string, field: string, chosen: unknown, example: unknown): string {
  return chosen === undefined
    ? `${indent}# ${field}: ${value(example)}`
    : `${indent}${field}: ${value(chosen)}`
}

/** Fields in YAML's block style, each on its own line. */
function block(indent: string, fields: object): Lines {
  return stringify(fields, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${line}`)
}

/** A value on one line. */
function value(data: unknown): string {
  return stringify(data, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trimEnd()
}
