/** Programs that steps and kubeadm call on hosts, and the names of the Debian packages that provide them. */

import { minorFacts } from './supported-minors.js'

/** What our own steps call beyond the essential programs of every system. */
const OWN_PROGRAMS = ['sysctl'] as const

/** Every program that a node of this version needs. */
export function requiredPrograms(kubernetesVersion: string): readonly string[] {
  return [...minorFacts(kubernetesVersion).programs, ...OWN_PROGRAMS]
}

/** The package of each program whose package has a different name. */
export const PROGRAM_PACKAGES: Readonly<Record<string, string>> = {
  cp: 'coreutils',
  crictl: 'cri-tools',
  ctr: 'containerd',
  ip: 'iproute2',
  losetup: 'util-linux',
  modprobe: 'kmod',
  nsenter: 'util-linux',
  ss: 'iproute2',
  sysctl: 'procps',
}
