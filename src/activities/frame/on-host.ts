/** How the steps of an operation come to their hosts: to look, or to change something. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { AwayContext, HostContext } from '../../hosts/context.js'

/** Runs a step on a host, in the frame that it needs. */
export type OnHost = <Result>(
  cluster: Cluster,
  host: Host,
  act: (context: HostContext) => Promise<Result>,
) => Promise<Result>

/** Runs a step on a host that may be away for a while, as in a reboot. */
export type OnAwayHost = <Result>(
  cluster: Cluster,
  host: Host,
  act: (away: AwayContext) => Promise<Result>,
) => Promise<Result>
