/** Kernel modules that an apply loads, and parameters that it sets. */
import type { HostConfiguration } from '../host-configuration.js'
import { KERNEL_MODULES, SYSCTLS } from '../host-prerequisites.js'
import { listed } from './files.js'

/** What is done to the running kernel. */
export function kernelActions({ modules, parameters }: HostConfiguration): readonly string[] {
  const missing = KERNEL_MODULES.filter((name) => !modules.includes(name))
  // Before its module is loaded nothing tells which parameters the bridge has; afterwards it lacks what is not there.
  const isAbsent = (name: string) =>
    name.startsWith('net.bridge.') && parameters[name] === undefined && modules.includes('br_netfilter')
  const differing = Object.entries(SYSCTLS).filter(
    ([name, value]) => parameters[name] !== value && !isAbsent(name),
  )
  return [
    ...listed('load', missing),
    ...listed(
      'set',
      differing.map(([name, value]) => `${name}=${value}`),
    ),
  ]
}
