/** What the lab changes on the machine beside Docker's own things, and what hosts see of the machine. */
import { docker } from '../docker.js'
import { output } from '../process.js'
import type { MachineFacts } from './cluster-file.js'
import { containerName, networkName } from './containers.js'
import type { FleetHost } from './shape.js'

/** Runs a command of the mirror's image in the engine's own network and with its kernel settings writable. */
async function onEngine(image: string, command: readonly string[]): Promise<void> {
  const access = ['--network=host', '--cap-add=NET_ADMIN', '--security-opt', 'systempaths=unconfined']
  await docker(['run', '--rm', ...access, '--entrypoint', '/usr/bin/env', image, ...command])
}

/** Raises the kernel's limits to what several hosts on one machine need. They are never lowered. */
export async function raiseLimits(image: string): Promise<void> {
  await onEngine(image, ['raise-limits'])
}

/** Lets pods talk over the fleet's bridge (`--insert`), or takes that back (`--delete`). */
export async function bridgeRule(
  fleet: string,
  change: '--insert' | '--delete',
  image: string,
): Promise<void> {
  const inspect = ['network', 'inspect', '--format', '{{.Id}}', networkName(fleet)]
  const found = await docker(inspect, { allowFailure: true })
  if (found.status !== 0) return
  await onEngine(image, ['bridge-rule', change, `br-${found.stdout.slice(0, 12)}`])
}

/** Whether the engine's machine has cgroup v1. */
export async function engineCgroupV1(): Promise<boolean> {
  return (await output('docker', ['info', '--format', '{{.CgroupVersion}}'])) === '1'
}

/** Looks at the machine through a running host. */
export async function machineFacts(fleet: string, host: FleetHost): Promise<MachineFacts> {
  const probe = 'stat --file-system --format=%T /sys/fs/cgroup; tail --lines=+2 /proc/swaps | wc -l'
  const text = await output('docker', ['exec', containerName(fleet, host.name), 'sh', '-c', probe])
  const [fileSystem, swaps] = text.split('\n')
  return { cgroupV1: fileSystem !== 'cgroup2fs', swap: Number(swaps) > 0 }
}
