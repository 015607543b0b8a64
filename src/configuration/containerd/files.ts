/** The files that set up containerd for Kubernetes. Steps write them, and a plan compares them. */
import type { HostFile } from '../host-prerequisites.js'
import type { Cluster } from '../../cluster/model.js'
import { sandboxImage } from '../../cluster/supported-minors.js'
import { CONTAINERD_CONFIG_FILE, renderContainerdConfig, type ContainerdMajor } from './config.js'
import { CRICTL_CONFIG_FILE } from './crictl.js'
import { hostsTomlMode, hostsTomlPath, renderHostsToml } from './registries.js'

/** Every file of a host with this containerd, in the order in which they are written. */
export function containerdFiles(cluster: Cluster, majorVersion: ContainerdMajor): readonly HostFile[] {
  return [
    CRICTL_CONFIG_FILE,
    containerdConfigFile(cluster, majorVersion),
    ...cluster.containerRuntime.registries.map((mirror): HostFile => ({
      path: hostsTomlPath(mirror),
      mode: hostsTomlMode(mirror),
      content: renderHostsToml(mirror),
    })),
  ]
}

/** containerd's own file; a change of it needs a restart. */
function containerdConfigFile(cluster: Cluster, majorVersion: ContainerdMajor): HostFile {
  const { version, imageRepository } = cluster.kubernetes
  const content = renderContainerdConfig({
    majorVersion,
    sandboxImage: sandboxImage(version, imageRepository),
    config: cluster.containerRuntime.config,
  })
  return { ...CONTAINERD_CONFIG_FILE, content }
}
