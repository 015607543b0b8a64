/** What is wrong with the request for a reset itself, whatever the hosts say. */
import type { Cluster } from '../../cluster/model.js'
import type { ResetRequest } from '../../operations/input.js'

/** The first mistake, in words; undefined if there is none. */
export function requestMistake({ hosts, all }: ResetRequest): string | undefined {
  if (all && hosts.length > 0) return 'name hosts, or take all of them: not both'
  if (!all && hosts.length === 0) return 'name the hosts, or take all of them'
  const twice = hosts.find((name, index) => hosts.indexOf(name) !== index)
  return twice === undefined ? undefined : `${twice} is named twice`
}

/** Whether the operator may destroy the cluster: its name must have been typed. */
export function isConfirmed({ name }: Cluster, { all, confirmed }: ResetRequest): boolean {
  return !all || confirmed === name
}
