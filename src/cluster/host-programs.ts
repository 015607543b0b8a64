/** Programs that steps and kubeadm call on hosts, and the packages that bring them, by their names on Debian. */

import { minorFacts } from './supported-minors.js'

/** What our own steps call beyond the essential programs of every system. */
const OWN_PROGRAMS = ['sysctl'] as const

/** Every program that a node of this version cannot do without. */
export function requiredPrograms(kubernetesVersion: string): readonly string[] {
  return [...minorFacts(kubernetesVersion).programs, ...OWN_PROGRAMS]
}

/** Packages that bring a program of another name. */
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
