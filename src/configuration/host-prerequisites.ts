/**
 * What must be true on a host before kubeadm runs there, as data: kernel modules and sysctls. Source: Kubernetes'
 * "container runtimes".
 */

/** A file that is the same on every host. */
export interface HostFile {
  readonly path: string
  readonly mode: number
  readonly content: string
}

/** First line of every file that Quorate writes whole. */
export const HEADER = '# Written by Quorate; changes are overwritten.'

/** Loaded now and at boot: `overlay` for containerd, `br_netfilter` for the bridge sysctls below. */
export const KERNEL_MODULES = ['overlay', 'br_netfilter'] as const

/**
 * Without forwarding, no pod reaches another host. Without the two bridge sysctls, services miss pods on the same host.
 */
export const SYSCTLS = {
  'net.ipv4.ip_forward': '1',
  'net.bridge.bridge-nf-call-iptables': '1',
  'net.bridge.bridge-nf-call-ip6tables': '1',
} as const

/** Sysctls of IPv6. A kernel without IPv6 lacks them, and nothing needs them there. */
export const OPTIONAL_SYSCTLS: readonly string[] = ['net.bridge.bridge-nf-call-ip6tables']

/** The sysctls to set on a kernel, given which of them it has. */
export function wantedSysctls(has: (name: string) => boolean): readonly (readonly [string, string])[] {
  return Object.entries(SYSCTLS).filter(([name]) => has(name) || !OPTIONAL_SYSCTLS.includes(name))
}

/** Makes systemd load the modules at boot. */
export const MODULES_FILE: HostFile = {
  path: '/etc/modules-load.d/quorate-kubernetes.conf',
  mode: 0o644,
  content: `${[HEADER, ...KERNEL_MODULES].join('\n')}\n`,
}

/** Makes systemd set the sysctls at boot. The last file wins, so its name sorts after a `99-hardening.conf`. */
export const SYSCTL_FILE: HostFile = {
  path: '/etc/sysctl.d/zz-quorate-kubernetes.conf',
  mode: 0o644,
  content: `${[HEADER, ...Object.entries(SYSCTLS).map(([key, value]) => `${key} = ${value}`)].join('\n')}\n`,
}

/** Where Quorate before 0.2 wrote the sysctls. */
export const FORMER_SYSCTL_FILE = '/etc/sysctl.d/90-quorate-kubernetes.conf'
