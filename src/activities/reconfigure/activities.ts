/** The steps of an apply that changes the configuration of a running cluster. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { OnHost } from '../frame/on-host.js'
import {
  configureControlPlane,
  configureWorker,
  settleConfiguration,
  type ControlPlaneConfiguration,
} from './configure.js'
import { configureKubeProxy } from './kube-proxy.js'

/** By the names that workflows call. The cluster that they get has the file's own patches. */
export function configurationActivities(change: OnHost) {
  return {
    configureControlPlane: (
      cluster: Cluster,
      host: Host,
      configuration: ControlPlaneConfiguration,
    ): Promise<StepOutcome> =>
      change(cluster, host, (context) => configureControlPlane(context, configuration)),
    /** `through`: the control plane whose API is asked. */
    configureWorker: (cluster: Cluster, host: Host, through: Host): Promise<StepOutcome> =>
      change(cluster, host, (context) => configureWorker(context, through)),
    configureKubeProxy: (cluster: Cluster, host: Host): Promise<StepOutcome> =>
      change(cluster, host, configureKubeProxy),
    settleConfiguration: (cluster: Cluster, host: Host, isEverywhere: boolean): Promise<StepOutcome> =>
      change(cluster, host, (context) => settleConfiguration(context, isEverywhere)),
  }
}
