/** The steps of an update of hosts that a reboot does not have. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { HostUpdates } from '../../facts/updates.js'
import { findUpdates } from '../../hosts/packages/update.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { OnAwayHost, OnHost } from '../frame/on-host.js'
import { updateHost, type HostUpdate } from './update-host.js'

/** By the names that workflows call. */
export function updateActivities(look: OnHost, changeAway: OnAwayHost) {
  return {
    findUpdates: (cluster: Cluster, host: Host): Promise<HostUpdates> => look(cluster, host, findUpdates),
    updateHost: (cluster: Cluster, host: Host, update: HostUpdate): Promise<StepOutcome> =>
      changeAway(cluster, host, (away) => updateHost(away, update)),
  }
}
