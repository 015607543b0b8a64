/** A fleet's cluster file that changes the configuration of its cluster. */
import type { Fleet } from '../../support/fleet.js'
import { changedClusterFile } from './changed-cluster-file.js'

/** What a file sets of a cluster's configuration. */
export interface Configuration {
  readonly certSANs?: readonly string[]
  readonly apiServer?: Readonly<Record<string, string>>
  readonly controllerManager?: Readonly<Record<string, string>>
  readonly scheduler?: Readonly<Record<string, string>>
  readonly etcd?: Readonly<Record<string, string>>
  readonly kubelet?: Readonly<Record<string, unknown>>
}

/** Writes the fleet's cluster file with this configuration, and returns its path. */
export function configuredFile(fleet: Fleet, name: string, configuration: Configuration): string {
  return changedClusterFile(fleet, name, (spec) => {
    const { kubernetes } = spec as unknown as {
      kubernetes: Record<string, unknown> & { kubeadm: Record<string, object> }
    }
    const { kubeadm } = kubernetes
    const { certSANs = [], apiServer = {}, scheduler = {}, etcd = {}, kubelet = {} } = configuration
    const { controllerManager = {} } = configuration
    const listed = (given: Readonly<Record<string, string>>) =>
      Object.entries(given).map(([argument, value]) => ({ name: argument, value }))
    kubernetes['certSANs'] = certSANs
    // What hosts in containers need stays.
    kubernetes.kubeadm = {
      ...kubeadm,
      clusterConfiguration: {
        apiServer: { extraArgs: listed(apiServer) },
        controllerManager: { extraArgs: listed(controllerManager) },
        scheduler: { extraArgs: listed(scheduler) },
        etcd: { local: { extraArgs: listed(etcd) } },
      },
      kubeletConfiguration: { ...kubeadm['kubeletConfiguration'], ...kubelet },
    }
  })
}
