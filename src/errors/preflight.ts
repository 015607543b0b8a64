/**
 * Preflight findings besides the errors of hosts: what machines must provide before Kubernetes is installed on them.
 */
import type { ErrorDefinition } from './definition.js'

export const PREFLIGHT_ERRORS = {
  ARCHITECTURE_UNSUPPORTED: {
    meaning: 'Kubernetes is not published for the processor of the host.',
    source: 'user',
    remedy: 'operator',
    hint: 'use an amd64, arm64, ppc64le or s390x host; Kubernetes is published for these',
  },
  KERNEL_MODULE_MISSING: {
    meaning: 'The kernel has no module that Kubernetes needs.',
    source: 'user',
    remedy: 'operator',
    hint: 'install the modules of the running kernel (Ubuntu: `apt-get install linux-modules-extra-$(uname -r)`), or reboot if the kernel was upgraded',
  },
  KERNEL_PARAMETER_FIXED: {
    meaning: 'A kernel parameter has the wrong value and cannot be set on the host.',
    source: 'user',
    remedy: 'operator',
    hint: 'if the host is an unprivileged container, set it on the machine around it, or use a virtual machine',
  },
  CGROUP_V1: {
    meaning: 'The host runs cgroup v1, which new kubelets no longer support.',
    source: 'user',
    remedy: 'operator',
    hint: 'boot with systemd.unified_cgroup_hierarchy=1 (`grubby --update-kernel=ALL --args=…` or /etc/default/grub), or set failCgroupV1: false in kubernetes.kubeadm.kubeletConfiguration',
  },
  SWAP_ON: {
    meaning: 'Swap is on, or is turned on at boot.',
    source: 'user',
    remedy: 'operator',
    hint: 'to keep swap, set failSwapOn: false in kubernetes.kubeadm.kubeletConfiguration; otherwise an apply turns it off, now and at boot (/etc/fstab, swap.target, services for zram)',
  },
  ETCD_WITHOUT_LEARNERS: {
    meaning: 'This Kubernetes version adds etcd members with a vote at once, which risks the quorum.',
    source: 'user',
    remedy: 'operator',
    hint: 'use Kubernetes 1.27 or newer, where a control plane that dies while it joins costs etcd no vote',
  },
  CPUS_TOO_FEW: {
    meaning: 'The host has fewer CPUs than kubeadm requires.',
    source: 'user',
    remedy: 'operator',
    hint: 'give the machine more processors, or list NumCPU in kubernetes.kubeadm.initConfiguration.nodeRegistration.ignorePreflightErrors',
  },
  MEMORY_TOO_SMALL: {
    meaning: 'The host has less memory than kubeadm requires.',
    source: 'user',
    remedy: 'operator',
    hint: 'give the machine more memory, or list Mem in kubernetes.kubeadm.initConfiguration.nodeRegistration.ignorePreflightErrors',
  },
  DISK_SLOW: {
    meaning: 'Synced writes take longer than etcd tolerates well.',
    source: 'user',
    remedy: 'operator',
    hint: 'put /var/lib/etcd on a local SSD; a slow disk makes etcd lose its leader under load',
  },
  CERTIFICATE_EXPIRED: {
    meaning: 'A certificate has expired.',
    source: 'environment',
    remedy: 'operator',
    hint: 'renew it; what needs it no longer works',
  },
  CERTIFICATE_EXPIRING: {
    meaning: 'A certificate expires soon.',
    source: 'environment',
    remedy: 'operator',
    hint: 'renew it before it expires',
  },
  DUPLICATE_PRODUCT_UUID: {
    meaning: 'Two hosts have the same product UUID.',
    source: 'user',
    remedy: 'operator',
    hint: 'give the virtual machine a UUID of its own in its hypervisor; clones often keep the first one',
  },
  DUPLICATE_MAC_ADDRESS: {
    meaning: 'Two hosts have the same MAC address.',
    source: 'user',
    remedy: 'operator',
    hint: 'give the virtual machine a MAC address of its own in its hypervisor',
  },
  DUPLICATE_HOSTNAME: {
    meaning: 'Two hosts have the same hostname.',
    source: 'user',
    remedy: 'operator',
    hint: 'give the host a name of its own with `hostnamectl set-hostname`',
  },
  HOST_BUSY: {
    meaning: 'The host was too busy to finish the checks in time.',
    source: 'environment',
    remedy: 'retry',
    hint: 'run `quorate preflight` again when the host is less busy (`uptime`, `top`); an apply starts anyway',
  },
  ADDRESS_NOT_ON_HOST: {
    meaning: 'No interface of the host has its internal address.',
    source: 'user',
    remedy: 'operator',
    hint: 'set internalAddress in the cluster file to an address of the host that the other hosts can reach',
  },
  NETWORKS_OVERLAP: {
    meaning: 'The pod or service network overlaps with a network of the host.',
    source: 'user',
    remedy: 'operator',
    hint: 'under kubernetes.networking in the cluster file, choose networks that do not overlap with those of the hosts',
  },
  FOREIGN_POD_NETWORK: {
    meaning: 'Another pod network is configured on the host.',
    source: 'user',
    remedy: 'operator',
    hint: 'move the file out of /etc/cni/net.d, or set network.plugin: none if the pods are to use that network',
  },
  CONTAINERD_CONFIG_REPLACED: {
    meaning: 'An apply would overwrite changes in the configuration of containerd.',
    source: 'user',
    remedy: 'operator',
    hint: 'put what must stay under containerRuntime.config in the cluster file, or into a file in /etc/containerd/conf.d',
  },
  HOST_PORT_BLOCKED: {
    meaning: 'A port of the host cannot be reached from other hosts.',
    source: 'user',
    remedy: 'operator',
    hint: 'open the port on the host and on the firewalls between them',
  },
  FIREWALL_ACTIVE: {
    meaning: 'A firewall is active and may block ports that Kubernetes needs.',
    source: 'user',
    remedy: 'operator',
    hint: 'open the ports that Kubernetes needs in it',
  },
  ENDPOINT_WRONG_ADDRESS: {
    meaning: "The endpoint resolves to an address that is not the load balancer's.",
    source: 'user',
    remedy: 'operator',
    hint: 'correct the DNS entry of kubernetes.controlPlaneEndpoint, or /etc/hosts on the host',
  },
  VIRTUAL_ADDRESS_ELSEWHERE: {
    meaning: 'The virtual address is in no network of the load balancer host.',
    source: 'user',
    remedy: 'operator',
    hint: 'set loadBalancer.virtualAddress to a free address in the network of the load balancers, or set loadBalancer.interface to the interface in its network',
  },
  REPOSITORY_UNREACHABLE: {
    meaning: 'The host cannot reach the package repository.',
    source: 'environment',
    remedy: 'retry',
    hint: 'let the host reach the repository, or set packages.repository to a mirror that it can reach',
  },
  REGISTRY_UNREACHABLE: {
    meaning: 'The host cannot reach the image registry.',
    source: 'environment',
    remedy: 'retry',
    hint: 'let the host reach the registry, or set a mirror in containerRuntime.registries or kubernetes.imageRepository',
  },
  PACKAGE_NOT_HELD: {
    meaning: 'A system upgrade could change the version of a Kubernetes package.',
    source: 'user',
    remedy: 'operator',
    hint: 'hold it with `apt-mark hold kubeadm kubelet kubectl`; otherwise the next system upgrade changes the version',
  },
} as const satisfies Record<string, ErrorDefinition>
