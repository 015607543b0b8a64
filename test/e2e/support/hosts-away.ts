import type { Fleet } from '../../support/fleet.js'
import { mustRun } from '../../support/process.js'

/** A machine comes back by itself; whether its container does is up to Docker. */
export async function comesBack(fleet: Fleet, host: string, isIt: boolean): Promise<void> {
  await mustRun('docker', ['update', '--restart', isIt ? 'always' : 'no', fleet.container(host)])
}

/** The boot that a host runs now. */
export async function bootId(fleet: Fleet, host: string): Promise<string> {
  return (await fleet.on(host, 'cat /proc/sys/kernel/random/boot_id')).trim()
}

/** The nodes that take no pods. */
export async function unschedulable(fleet: Fleet): Promise<string> {
  const named = 'jsonpath={.items[?(@.spec.unschedulable)].metadata.name}'
  return (await fleet.kubectl('get', 'nodes', '-o', named)).trim()
}
