/** Machines that were removed from the cluster as dead, and are there again with their old state. */
import type { Host } from '../../cluster/model.js'
import type { ObservedHost } from '../../facts/facts.js'
import { memberOf } from '../../facts/quorum.js'
import type { RemovedMachine, Standing, StandingNode } from '../../facts/standing.js'
import { finding, hasJoined, type PreflightFinding } from '../../preflight/finding.js'

/**
 * A host of the file that was never reset is an error: it would act on what it knew before. A node that the file does
 * not have only warns: its kubelet runs again, and nobody else is hindered.
 */
export function returnedMachines(
  observed: readonly ObservedHost[],
  standing: Standing,
): readonly PreflightFinding[] {
  const inFile = new Set(observed.map(({ host }) => host.name))
  return [
    ...observed.flatMap(({ host, facts }) => {
      const known = hasJoined(facts)
        ? removedAs(standing, { name: host.name, machineId: facts.machineId })
        : undefined
      // A member is one of ours again: etcd lets nobody back who was removed.
      if (known === undefined || memberOf(standing.members ?? [], host) !== undefined) return []
      const message = `it was removed from the cluster as dead on ${dayOf(known)}, and has come back with its old state`
      return [finding('error', 'HOST_REMOVED', host, message)]
    }),
    ...standing.nodes
      .filter((node) => !inFile.has(node.name) && isReturned(standing, node))
      .map(({ name }) => {
        const message = `the node ${name} was removed from the cluster as dead, and is there again: its kubelet runs`
        return finding('warning', 'HOST_REMOVED', undefined, message, hintFor(name))
      }),
  ]
}

/** Whether the node is a machine that was removed. */
export function isReturned(standing: Standing, node: StandingNode): boolean {
  return removedAs(standing, node) !== undefined
}

/** The record of the machine, if it was removed as dead and has not been reset since. */
export function removedAs(
  { removed = [] }: Standing,
  { name, machineId = '' }: Pick<Host, 'name' | 'machineId'>,
): RemovedMachine | undefined {
  return removed.find((one) =>
    one.machineId === undefined ? one.name === name : one.machineId === machineId,
  )
}

function dayOf({ removedAt }: RemovedMachine): string {
  return removedAt.slice(0, 10)
}

function hintFor(name: string): string {
  return `run \`quorate remove ${name}\`, now that it answers: it is drained and reset then`
}
