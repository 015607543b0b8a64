/** The steps of a reboot of hosts. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { BootRecord } from '../../facts/boot.js'
import { recordBoot } from '../../hosts/reboot/record.js'
import type { StepOutcome } from '../../operations/steps.js'
import { lookAtWindows, type WindowLook } from '../../values/window.js'
import { withHeartbeat } from '../frame/frame.js'
import type { OnAwayHost, OnHost } from '../frame/on-host.js'
import { rebootHost, type HostReboot } from './reboot-host.js'

/** By the names that workflows call. */
export function rebootActivities(look: OnHost, changeAway: OnAwayHost) {
  return {
    /** Whether windows are open now: an activity, because a replay must not depend on the zones that a worker knows. */
    lookAtWindows: (windows: readonly string[]): Promise<WindowLook> =>
      withHeartbeat('', () => Promise.resolve(lookAtWindows(windows, Date.now()))),
    /** `through`: the control plane through which a stacked etcd is asked. */
    readBoot: (cluster: Cluster, host: Host, through: Host): Promise<BootRecord> =>
      look(cluster, host, async (context) =>
        recordBoot(context, await context.sessions.session(through, context.signal)),
      ),
    rebootHost: (cluster: Cluster, host: Host, reboot: HostReboot): Promise<StepOutcome> =>
      changeAway(cluster, host, (away) => rebootHost(away, reboot)),
  }
}
