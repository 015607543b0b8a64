import { describe, expect, it } from 'vitest'
import { findingsWith, JOINED, marksWith, type Broken } from './broken-hosts.js'

const AN_OTHER_ID = { productUuid: 'uuid-cp1' }
const FOREIGN_MAC = { addresses: [{ interface: 'eth0', address: '192.0.2.21/24', mac: 'mac-cp1' }] }
const SMALL_CONTAINERD = [
  { path: '/var/lib', mountPoint: '/', freeMiB: 20_000 },
  { path: '/var/lib/containerd', mountPoint: '/var/lib/containerd', freeMiB: 24 },
  { path: '/var/lib/kubelet', mountPoint: '/', freeMiB: 20_000 },
  { path: '/var/lib/etcd', mountPoint: '/', freeMiB: 20_000 },
]
const DOCKER = { interface: 'docker0', address: '10.244.7.1/24' }

/** The prerequisite, the host, what is broken there, and what is found: severity, code, a word of message and hint. */
const BROKEN: readonly (readonly [string, string, Broken, string, RegExp, RegExp])[] = [
  ['systemd', 'w1', { initSystem: 'runit' }, 'error SYSTEMD_MISSING', /runit, not systemd/, /systemd/],
  [
    'a supported distribution',
    'w1',
    { osId: 'alpine', osName: 'Alpine Linux v3.20' },
    'error OPERATING_SYSTEM_UNSUPPORTED',
    /Alpine/,
    /packages.install: false/,
  ],
  [
    'a supported processor',
    'w1',
    { architecture: 'armv7l' },
    'error ARCHITECTURE_UNSUPPORTED',
    /armv7l/,
    /arm64/,
  ],
  [
    'kernel modules',
    'cp1',
    { details: { missingModules: ['br_netfilter'] } },
    'error KERNEL_MODULE_MISSING',
    /6\.1\.0-17-amd64 has no module br_netfilter/,
    /linux-modules-extra/,
  ],
  [
    'kernel parameters',
    'w1',
    { details: { fixedParameters: ['net.ipv4.ip_forward=1'] } },
    'error KERNEL_PARAMETER_FIXED',
    /net.ipv4.ip_forward is not 1/,
    /container/,
  ],
  ['cgroup v2', 'w1', { cgroupVersion: 1 }, 'error CGROUP_V1', /kubelet of v1.36.3 needs v2/, /failCgroupV1/],
  ['no swap', 'w1', { swapOn: true }, 'warning SWAP_ON', /swap is on/, /failSwapOn/],
  [
    'no swap after a reboot',
    'w1',
    { details: { swapAtBoot: ['/etc/fstab', 'dev-zram0.swap'] } },
    'warning SWAP_ON',
    /swap is off now, but turned on at boot by \/etc\/fstab, dev-zram0\.swap/,
    /swap\.target/,
  ],
  [
    'processors for the first',
    'cp1',
    { cpus: 1 },
    'error CPUS_TOO_FEW',
    /needs 2 CPUs, the host has 1/,
    /NumCPU/,
  ],
  [
    'processors for others',
    'cp2',
    { cpus: 1 },
    'warning CPUS_TOO_FEW',
    /needs 2 CPUs, the host has 1/,
    /processors/,
  ],
  [
    'memory',
    'cp1',
    { memoryMiB: 900 },
    'error MEMORY_TOO_SMALL',
    /1700 MiB of memory, the host has 900/,
    /memory/,
  ],
  ['memory of a worker', 'w1', { memoryMiB: 900 }, 'warning MEMORY_TOO_SMALL', /has 900/, /memory/],
  ['free space', 'w1', { freeMiB: 100 }, 'error DISK_FULL', /100 MiB free, 3072 MiB are needed/, /du -xh/],
  [
    'free space on a file system of its own',
    'cp1',
    { details: { dataFolders: SMALL_CONTAINERD } },
    'error DISK_FULL',
    /\/var\/lib\/containerd has 24 MiB free, 2304 MiB are needed/,
    /du -xh --max-depth=2 \/var\/lib\/containerd/,
  ],
  [
    'a quick disk for etcd',
    'cp2',
    { probes: { syncMs: 42 } },
    'advice DISK_SLOW',
    /42 ms.*below 10 ms/,
    /SSD/,
  ],
  [
    'a machine of its own',
    'w1',
    { machineId: 'machine-cp1' },
    'error SAME_MACHINE_TWICE',
    /same machine as cp1/,
    /systemd-machine-id-setup/,
  ],
  [
    'a product UUID',
    'w1',
    { details: AN_OTHER_ID },
    'warning DUPLICATE_PRODUCT_UUID',
    /that of cp1/,
    /hypervisor/,
  ],
  ['a hostname', 'w1', { hostname: 'cp1' }, 'warning DUPLICATE_HOSTNAME', /hostname cp1/, /hostnamectl/],
  [
    'an address',
    'w1',
    { details: { addresses: [] } },
    'error ADDRESS_NOT_ON_HOST',
    /192\.0\.2\.21/,
    /internalAddress/,
  ],
  ['no other cluster', 'w1', { claimedBy: 'staging' }, 'error FOREIGN_CLUSTER', /staging/, /kubeadm reset/],
  [
    'a right clock',
    'w1',
    { clockOffsetMs: 45_000 },
    'error CLOCK_SKEW',
    /45 s ahead.*30 s/,
    /timedatectl set-ntp true/,
  ],
  [
    'free ports',
    'w1',
    { listeners: [{ port: 10250, program: 'nginx' }] },
    'error PORT_BUSY',
    /10250 is in use by nginx; kubelet needs it/,
    /ss -ltnp 'sport = :10250'/,
  ],
  [
    'no firewall in the way (ufw)',
    'cp1',
    { details: { firewalls: ['ufw'] } },
    'warning FIREWALL_ACTIVE',
    /ufw is active; it must let in 6443\/tcp/,
    /ufw allow 6443\/tcp && .*ufw allow 8472\/udp/,
  ],
  [
    'no firewall in the way (firewalld)',
    'w1',
    { details: { firewalls: ['firewalld'] } },
    'warning FIREWALL_ACTIVE',
    /firewalld is active/,
    /firewall-cmd --permanent --add-port=10250\/tcp .*--reload/,
  ],
  [
    'time to try its connections',
    'w1',
    {
      connections: { '192.0.2.11:6443': undefined as never },
      probes: { endpointAddresses: [], unanswered: ['api.prod.lab', '192.0.2.11:6443'] },
    },
    'warning HOST_BUSY',
    /too busy to try 2 connections in time: api.prod.lab and 192.0.2.11:6443/,
    /quorate preflight/,
  ],
  [
    "the endpoint's name",
    'w1',
    { probes: { endpointAddresses: [] } },
    'warning ENDPOINT_NOT_RESOLVED',
    /api.prod.lab does not resolve/,
    /192\.0\.2\.101/,
  ],
  [
    "the endpoint's address",
    'w1',
    { probes: { endpointAddresses: ['203.0.113.9'] } },
    'warning ENDPOINT_WRONG_ADDRESS',
    /resolves to 203\.0\.113\.9; the load balancer is at 192\.0\.2\.101/,
    /DNS/,
  ],
  [
    'a way to the load balancer',
    'w1',
    { connections: { 'api.prod.lab:6443': 'timeout' } },
    'warning LOAD_BALANCER_UNREACHABLE',
    /api.prod.lab:6443 does not answer/,
    /6443/,
  ],
  [
    'a package repository',
    'w1',
    { connections: { 'pkgs.k8s.io:443': 'timeout' } },
    'warning REPOSITORY_UNREACHABLE',
    /https:\/\/pkgs.k8s.io does not answer/,
    /packages.repository/,
  ],
  [
    'an image registry',
    'w1',
    { connections: { 'registry.k8s.io:443': 'name-not-resolved' } },
    'warning REGISTRY_UNREACHABLE',
    /registry.k8s.io:443 has a name that does not resolve/,
    /containerRuntime.registries/,
  ],
  [
    'networks of its own',
    'w1',
    { details: { addresses: [{ interface: 'eth0', address: '192.0.2.21/24' }, DOCKER] } },
    'error NETWORKS_OVERLAP',
    /podSubnet 10\.244\.0\.0\/16 overlaps with 10\.244\.7\.1\/24 of docker0/,
    /networking.podSubnet/,
  ],
  [
    'no way through another network',
    'w1',
    { details: { routes: [{ destination: '10.96.4.0/24', interface: 'tun0', gateway: '192.0.2.254' }] } },
    'warning NETWORKS_OVERLAP',
    /serviceSubnet 10\.96\.0\.0\/12 overlaps with 10\.96\.4\.0\/24 of tun0 through 192\.0\.2\.254/,
    /ip route/,
  ],
]

describe('preflight of hosts that are ready', () => {
  it('finds nothing', () => {
    expect(findingsWith()).toEqual([])
  })

  it('finds nothing if the same hosts already run the cluster', () => {
    const listeners = [
      { port: 6443, address: '*', program: 'kube-apiserver' },
      { port: 2379, address: '192.0.2.11', program: 'etcd' },
      { port: 10250, address: '*', program: 'kubelet' },
    ]
    const node = { ...JOINED, listeners }
    const answering = Object.fromEntries(
      ['11', '12', '13', '21', '22'].flatMap((last) =>
        [6443, 2379, 2380, 10250].map((port) => [`192.0.2.${last}:${port}`, 'open'] as const),
      ),
    )
    const hosts = Object.fromEntries(
      ['cp1', 'cp2', 'cp3', 'w1', 'w2'].map((name) => [name, { ...node, connections: answering }]),
    )
    const balancer = { listeners: [{ port: 6443, address: '*', program: 'haproxy' }], connections: answering }
    expect(findingsWith({ ...hosts, lb1: balancer })).toEqual([])
  })
})

describe('preflight reports, on the right host and with a fix, the lack of', () => {
  it.each(BROKEN)('%s', (_, host, broken, mark, message, hint) => {
    const findings = findingsWith({ [host]: broken })
    expect(findings.map(({ host, severity, code }) => `${host ?? ''} ${severity} ${code}`)).toEqual([
      `${host} ${mark}`,
    ])
    expect(findings[0]?.message).toMatch(message)
    expect(findings[0]?.hint).toMatch(hint)
  })

  it('a MAC address of its own', () => {
    expect(marksWith({ w1: { details: FOREIGN_MAC } })).toEqual(['w1 warning DUPLICATE_MAC_ADDRESS'])
  })

  it('everything at once, host by host', () => {
    const found = marksWith({
      cp1: { cpus: 1, swapOn: true },
      w1: { initSystem: 'runit', freeMiB: 1 },
      lb1: { clockOffsetMs: -60_000 },
    })
    expect(found).toEqual([
      'cp1 warning SWAP_ON',
      'cp1 error CPUS_TOO_FEW',
      'w1 error SYSTEMD_MISSING',
      'w1 error DISK_FULL',
      'lb1 error CLOCK_SKEW',
    ])
  })
})
