/** Labels and taints, and containerd's settings: what belongs to somebody else is refused. */
import { describe, expect, it } from 'vitest'
import { clusterFile, parse, problemTexts, type Change } from './cluster-files.js'

const host = (index: number, field: string, value: unknown): Change => [
  ['spec', 'hosts', index, field],
  value,
]
const containerd = (config: object): Change => [['spec', 'containerRuntime'], { config }]

describe('labels and taints that others control are rejected', () => {
  it.each<readonly [what: string, change: Change, problem: string]>([
    [
      "the kubelet's own",
      host(3, 'labels', { 'kubernetes.io/hostname': 'foo' }),
      'spec.hosts[3].labels["kubernetes.io/hostname"]: the kubelet sets this label itself; remove it',
    ],
    [
      'the mark of a control plane on a worker',
      host(3, 'labels', { 'node-role.kubernetes.io/control-plane': '' }),
      'spec.hosts[3].labels["node-role.kubernetes.io/control-plane"]: this label marks control planes; remove it: role control-plane sets it',
    ],
    [
      'that mark with a value, on a control plane',
      host(0, 'labels', { 'node-role.kubernetes.io/control-plane': 'true' }),
      'spec.hosts[0].labels["node-role.kubernetes.io/control-plane"]: this label marks control planes; remove it: role control-plane sets it',
    ],
    [
      'those of a host that is no node',
      host(4, 'labels', { rack: 'a' }),
      'spec.hosts[4].labels: a load balancer is not a node; remove them: they would have no effect',
    ],
    [
      'taints of a host that is no node',
      host(4, 'taints', [{ key: 'a', effect: 'NoSchedule' }]),
      'spec.hosts[4].taints: a load balancer is not a node; remove them: no pod ever runs there',
    ],
    [
      'taints that come and go',
      host(3, 'taints', [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]),
      'spec.hosts[3].taints[0]: the cluster itself adds "node.kubernetes.io/unschedulable" to nodes and removes it; remove it',
    ],
  ])('%s', (_what, change, problem) => {
    expect(problemTexts(clusterFile(change))).toEqual([problem])
  })

  it('but not those that an administrator may set', () => {
    const labels = { 'node-role.kubernetes.io/control-plane': '', 'topology.kubernetes.io/zone': 'a' }
    expect(parse(clusterFile(host(0, 'labels', labels))).cluster.hosts[0]?.labels).toEqual(labels)
  })
})

const CONFIG = 'spec.containerRuntime.config'

describe('containerd settings that break what kubelet and kubeadm rely on are rejected', () => {
  it.each<readonly [what: string, config: object, problem: string]>([
    [
      'cgroups of its own',
      { containerd: { runtimes: { runc: { options: { SystemdCgroup: false } } } } },
      `${CONFIG}.containerd.runtimes.runc.options.SystemdCgroup: cannot be false; remove it: the kubelet uses the systemd cgroup driver`,
    ],
    [
      'runtimes taken out',
      { containerd: { runtimes: null } },
      `${CONFIG}.containerd.runtimes: cannot be null; remove it: the kubelet uses the systemd cgroup driver`,
    ],
    [
      'another default runtime without them',
      {
        containerd: {
          default_runtime_name: 'nvidia',
          runtimes: { nvidia: { runtime_type: 'io.containerd.runc.v2' } },
        },
      },
      `${CONFIG}.containerd.default_runtime_name: the runtime "nvidia" does not use the systemd cgroup driver, which the kubelet uses; give runtimes.nvidia.options SystemdCgroup: true`,
    ],
    [
      'another sandbox image',
      { sandbox_image: 'example.com/pause:1' },
      `${CONFIG}.sandbox_image: cannot be set here; remove it: the Kubernetes version sets it, with kubernetes.imageRepository`,
    ],
    [
      'another folder of registries',
      { registry: { config_path: '/etc/containerd/hosts' } },
      `${CONFIG}.registry.config_path: cannot be "/etc/containerd/hosts"; remove it: Quorate writes the registries into /etc/containerd/certs.d`,
    ],
    [
      'mirrors beside that folder',
      { registry: { mirrors: { 'docker.io': { endpoint: ['https://mirror.lab'] } } } },
      `${CONFIG}.registry.mirrors: cannot be set here; remove it: containerRuntime.registries sets how registries are reached`,
    ],
    [
      'TLS settings of the old kind',
      { registry: { configs: { 'a.lab': { tls: { insecure_skip_verify: true } } } } },
      `${CONFIG}.registry.configs["a.lab"].tls: containerd refuses it together with registry.config_path; write /etc/containerd/certs.d/a.lab/hosts.toml on the hosts`,
    ],
    [
      'another folder of network plugins, with Flannel',
      { cni: { bin_dir: '/usr/lib/cni' } },
      `${CONFIG}.cni.bin_dir: cannot be "/usr/lib/cni"; remove it: the pod network relies on /opt/cni/bin`,
    ],
  ])('%s', (_what, config, problem) => {
    expect(problemTexts(clusterFile(containerd(config)))).toEqual([problem])
  })

  it('but not additional ones', () => {
    const nvidia = {
      runtime_type: 'io.containerd.runc.v2',
      options: { BinaryName: '/usr/bin/nvidia-container-runtime', SystemdCgroup: true },
    }
    const config = {
      max_container_log_line_size: 32_768,
      containerd: { default_runtime_name: 'nvidia', runtimes: { nvidia } },
      registry: { configs: { 'a.lab': { auth: { username: 'a' } } } },
    }
    expect(parse(clusterFile(containerd(config))).cluster.containerRuntime.config).toEqual(config)
  })
})
