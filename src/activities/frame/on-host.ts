/** How the steps of an operation come to their hosts: to look, or to change something. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { HostContext } from '../../hosts/context.js'

/** Runs a step on a host, in the frame that it needs. */
export type OnHost = <Result>(
  cluster: Cluster,
  host: Host,
  act: (context: HostContext) => Promise<Result>,
) => Promise<Result>
