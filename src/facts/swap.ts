/** Swap: whether it is on, and what turns it on at boot. kubelet refuses to start with it. */
import type { HostFacts } from './facts.js'
import type { Cluster } from '../cluster/model.js'

/** Services of some distributions that turn swap on by themselves, without `swap.target`. */
export const SWAP_SERVICES = [
  'zramswap.service',
  'zram-config.service',
  'dphys-swapfile.service',
  'swapspace.service',
] as const

/** Whether kubelet is configured to tolerate swap. Then swap is up to the user. */
export function keepsSwap({ kubernetes }: Cluster): boolean {
  return kubernetes.kubeadm.kubeletConfiguration['failSwapOn'] === false
}

/** What an apply does about swap on a host, e.g. `turn swap off, now and at boot (/etc/fstab)`. */
export function swapChange({ swapOn, details }: HostFacts): string | undefined {
  const sources = details?.swapAtBoot ?? []
  if (sources.length === 0) return swapOn ? 'turn swap off' : undefined
  return `turn swap off, ${swapOn ? 'now and ' : ''}at boot (${sources.join(', ')})`
}
