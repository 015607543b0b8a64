/** Properties of the machine that the hosts share, seen from within a host. */
import { output } from '../process.js'
import type { MachineFacts } from './cluster-file.js'
import { containerName } from './containers.js'
import type { FleetHost } from './shape.js'

/** Looks at a running host. */
export async function machineFacts(fleet: string, host: FleetHost): Promise<MachineFacts> {
  const probe = 'stat --file-system --format=%T /sys/fs/cgroup; tail --lines=+2 /proc/swaps | wc -l'
  const text = await output('docker', ['exec', containerName(fleet, host.name), 'sh', '-c', probe])
  const [fileSystem, swaps] = text.split('\n')
  return { cgroupV1: fileSystem !== 'cgroup2fs', swap: Number(swaps) > 0 }
}
