/**
 * The machines that were taken out of the cluster as dead, as the cluster itself remembers them: one may come back with
 * its old state, and must not be taken for a host that has just joined. Kept in the ConfigMap `kube-system/quorate`.
 */
import { z } from 'zod'
import type { Host } from '../../cluster/model.js'
import type { RemovedMachine } from '../../facts/standing.js'
import type { ClusterApi } from './cluster-api.js'
import { changeRecord, recorded } from './own-record.js'

const MACHINES = z.array(
  z.object({ name: z.string(), machineId: z.string().optional(), removedAt: z.string() }),
)

/** All of them, oldest first. */
export async function removedMachines(api: ClusterApi): Promise<readonly RemovedMachine[]> {
  return machinesIn(await recorded(api, 'removed'))
}

/**
 * Remembers a machine.
 * @returns false if it was known already.
 */
export function rememberRemoved(api: ClusterApi, machine: RemovedMachine): Promise<boolean> {
  return changeMachines(api, (known) =>
    known.some((one) => isSame(one, machine)) ? undefined : [...known, machine],
  )
}

/**
 * Forgets a host that was reset, or is about to join as a new one.
 * @returns false if it was not known.
 */
export async function forgetRemoved(
  api: ClusterApi,
  host: Pick<Host, 'name' | 'machineId'>,
): Promise<boolean> {
  // Usually there is none, and nothing is written.
  if ((await removedMachines(api)).every((one) => !isMeant(one, host))) return false
  return changeMachines(api, (known) => {
    const left = known.filter((one) => !isMeant(one, host))
    return left.length === known.length ? undefined : left
  })
}

function changeMachines(
  api: ClusterApi,
  change: (known: readonly RemovedMachine[]) => readonly RemovedMachine[] | undefined,
): Promise<boolean> {
  return changeRecord(api, 'removed', (text) => {
    const machines = change(machinesIn(text))
    return machines === undefined ? undefined : JSON.stringify(machines)
  })
}

/** What somebody has spoilt counts as empty: the list only helps. */
function machinesIn(text = '[]'): readonly RemovedMachine[] {
  const parsed = MACHINES.safeParse(parse(text))
  if (!parsed.success) return []
  return parsed.data.map(({ name, machineId, removedAt }) => ({
    name,
    ...(machineId === undefined ? {} : { machineId }),
    removedAt,
  }))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isSame(one: RemovedMachine, other: RemovedMachine): boolean {
  return one.name === other.name && one.machineId === other.machineId
}

/** A host is the machine, or has the name of one that nobody knows better. */
function isMeant({ name, machineId }: RemovedMachine, host: Pick<Host, 'name' | 'machineId'>): boolean {
  return machineId === undefined ? name === host.name : machineId === host.machineId
}
