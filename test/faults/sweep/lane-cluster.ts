/** The cluster of a lane, as its cluster file would describe it. */
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { ADDRESSES, ENDPOINT } from './addresses.js'
import type { HostImage, ScriptedHost } from './scripted-host.js'
import type { SshProxy } from './ssh-proxy.js'

/** @param subnet what the addresses of the lane begin with. */
export function laneCluster(
  hosts: readonly ScriptedHost[],
  proxies: ReadonlyMap<string, SshProxy>,
  { identityFile, knownHostsFile }: HostImage,
  subnet: string,
): Cluster {
  const host = ({ name, address }: ScriptedHost): Host =>
    aHost(name, {
      address: '127.0.0.1',
      internalAddress: address,
      ssh: {
        user: 'root',
        port: proxies.get(name)?.port ?? 0,
        identityFiles: [identityFile],
        knownHostsFile,
        hostKeyChecking: 'strict',
      },
    })
  const cluster = aCluster({ name: 'faults', hosts: hosts.map(host) })
  return {
    ...cluster,
    kubernetes: {
      ...cluster.kubernetes,
      controlPlaneEndpoint: { host: `${subnet}${ADDRESSES[ENDPOINT.name] ?? 0}`, port: ENDPOINT.port },
      // Whatever the machine has that plays the hosts.
      kubeadm: { ...cluster.kubernetes.kubeadm, kubeletConfiguration: { failCgroupV1: false } },
    },
    packages: { ...cluster.packages, signingKey: 'a key that signs packages\n' },
  }
}
