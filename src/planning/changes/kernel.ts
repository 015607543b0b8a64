/** Kernel modules that an apply loads, and parameters that it sets. */
import type { HostConfiguration } from '../../facts/host-configuration.js'
import { KERNEL_MODULES, wantedSysctls } from '../../configuration/host-prerequisites.js'
import { listed } from './files.js'

/** What is done to the running kernel. */
export function kernelActions({ modules, parameters }: HostConfiguration): readonly string[] {
  const missing = KERNEL_MODULES.filter((name) => !modules.includes(name))
  // The parameters of bridges exist only once the module is loaded.
  const isBare = missing.includes('br_netfilter')
  const wanted = wantedSysctls((name) => isBare || parameters[name] !== undefined)
  const differing = wanted.filter(([name, value]) => parameters[name] !== value)
  return [
    ...listed('load', missing),
    ...listed(
      'set',
      differing.map(([name, value]) => `${name}=${value}`),
    ),
  ]
}
