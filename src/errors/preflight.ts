/**
 * Preflight findings besides the errors of hosts: what machines must provide before Kubernetes is installed on them.
 */
import type { ErrorDefinition } from './definition.js'

export const PREFLIGHT_ERRORS = {
  ARCHITECTURE_UNSUPPORTED: {
    source: 'user',
    remedy: 'operator',
    hint: 'use a host of amd64, arm64, ppc64le or s390x; Kubernetes is published for these',
  },
  KERNEL_MODULE_MISSING: {
    source: 'user',
    remedy: 'operator',
    hint: 'install the modules of the running kernel (Ubuntu: `apt-get install linux-modules-extra-$(uname -r)`), or reboot if the kernel was upgraded',
  },
  KERNEL_PARAMETER_FIXED: {
    source: 'user',
    remedy: 'operator',
    hint: 'an unprivileged container cannot set it; set it on the machine around it, or use a virtual machine',
  },
  CGROUP_V1: {
    source: 'user',
    remedy: 'operator',
    hint: 'boot with systemd.unified_cgroup_hierarchy=1 (`grubby --update-kernel=ALL --args=…` or /etc/default/grub), or set failCgroupV1: false in kubernetes.kubeadm.kubeletConfiguration',
  },
  SWAP_ON: {
    source: 'user',
    remedy: 'operator',
    hint: 'an apply turns swap off, now and at boot (/etc/fstab, swap.target, services for zram); to keep it, set failSwapOn: false in kubernetes.kubeadm.kubeletConfiguration',
  },
  ETCD_WITHOUT_LEARNERS: {
    source: 'user',
    remedy: 'operator',
    hint: 'use Kubernetes 1.27 or newer, where a control plane that dies while it joins costs etcd no vote',
  },
  CPUS_TOO_FEW: {
    source: 'user',
    remedy: 'operator',
    hint: 'give the machine more processors, or list NumCPU in kubernetes.kubeadm.initConfiguration.nodeRegistration.ignorePreflightErrors',
  },
  MEMORY_TOO_SMALL: {
    source: 'user',
    remedy: 'operator',
    hint: 'give the machine more memory, or list Mem in kubernetes.kubeadm.initConfiguration.nodeRegistration.ignorePreflightErrors',
  },
  DISK_SLOW: {
    source: 'user',
    remedy: 'operator',
    hint: 'put /var/lib/etcd on a local SSD; a slow disk makes etcd lose its leader under load',
  },
  CERTIFICATE_EXPIRED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'renew it; what needs it works no longer',
  },
  CERTIFICATE_EXPIRING: {
    source: 'environment',
    remedy: 'operator',
    hint: 'renew it before it expires',
  },
  DUPLICATE_PRODUCT_UUID: {
    source: 'user',
    remedy: 'operator',
    hint: 'give the virtual machine a UUID of its own in its hypervisor; clones often keep the first one',
  },
  DUPLICATE_MAC_ADDRESS: {
    source: 'user',
    remedy: 'operator',
    hint: 'give the virtual machine a MAC address of its own in its hypervisor',
  },
  DUPLICATE_HOSTNAME: {
    source: 'user',
    remedy: 'operator',
    hint: 'give the host a name of its own with `hostnamectl set-hostname`',
  },
  HOST_BUSY: {
    source: 'environment',
    remedy: 'retry',
    hint: 'run `quorate preflight` again when the host is less busy (`uptime`, `top`); an apply begins all the same',
  },
  ADDRESS_NOT_ON_HOST: {
    source: 'user',
    remedy: 'operator',
    hint: 'set internalAddress in the cluster file to an address of the host, by which the others reach it',
  },
  NETWORKS_OVERLAP: {
    source: 'user',
    remedy: 'operator',
    hint: 'choose other networks under kubernetes.networking in the cluster file, apart from those of the hosts',
  },
  FOREIGN_POD_NETWORK: {
    source: 'user',
    remedy: 'operator',
    hint: 'move the file out of /etc/cni/net.d, or set network.plugin: none if the pods are to use that network',
  },
  CONTAINERD_CONFIG_REPLACED: {
    source: 'user',
    remedy: 'operator',
    hint: 'put what must stay under containerRuntime.config in the cluster file, or into a file in /etc/containerd/conf.d',
  },
  HOST_PORT_BLOCKED: {
    source: 'user',
    remedy: 'operator',
    hint: 'let the port through on the host and on the firewalls between',
  },
  FIREWALL_ACTIVE: {
    source: 'user',
    remedy: 'operator',
    hint: 'let the ports of Kubernetes through it',
  },
  ENDPOINT_WRONG_ADDRESS: {
    source: 'user',
    remedy: 'operator',
    hint: 'correct the DNS entry of kubernetes.controlPlaneEndpoint, or /etc/hosts on the host',
  },
  VIRTUAL_ADDRESS_ELSEWHERE: {
    source: 'user',
    remedy: 'operator',
    hint: 'choose a free address of the network that the balancers are in as loadBalancer.virtualAddress, or set loadBalancer.interface to the interface that is in its network',
  },
  REPOSITORY_UNREACHABLE: {
    source: 'environment',
    remedy: 'retry',
    hint: 'let the host out to it, or set packages.repository to a mirror that it reaches',
  },
  REGISTRY_UNREACHABLE: {
    source: 'environment',
    remedy: 'retry',
    hint: 'let the host out to it, or name a mirror in containerRuntime.registries or kubernetes.imageRepository',
  },
  PACKAGE_NOT_HELD: {
    source: 'user',
    remedy: 'operator',
    hint: 'hold it with `apt-mark hold kubeadm kubelet kubectl`, or the next upgrade of the system changes the version',
  },
} as const satisfies Record<string, ErrorDefinition>
