/**
 * kubelet on an etcd host: not a node of any cluster, only a service manager for the member's static pod. Follows
 * Kubernetes' page "Set up a High Availability etcd Cluster with kubeadm".
 */
import type { HostFile } from '../host-prerequisites.js'
import { HEADER } from '../host-prerequisites.js'
import { CONTAINERD_SOCKET } from '../kubeadm/node-registration.js'
import { mergeDeep } from '../../values/merge.js'
import type { Cluster } from '../../cluster/model.js'
import { requireVersion } from '../../cluster/versions.js'
import { renderYaml } from '../../values/yaml-output.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

// Not among systemd's drop-ins, where that page puts it: systemd reads every file there, and complains.
export const ETCD_KUBELET_CONFIGURATION = `${HOST_PATHS.kubernetes}/etcd-kubelet.yaml`

/** Sorts after kubeadm's own drop-in, 10-kubeadm.conf, and replaces its command. */
export const ETCD_KUBELET_UNIT = '/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf'

/** The first minor whose kubelet takes its container runtime from the configuration file. */
const RUNTIME_IN_CONFIGURATION = 27

/** kubelet's configuration and the drop-in for its unit. The cluster file's kubelet settings apply here, too. */
export function etcdKubeletFiles(cluster: Cluster): readonly HostFile[] {
  const { version, kubeadm } = cluster.kubernetes
  const inConfiguration = requireVersion(version).minor >= RUNTIME_IN_CONFIGURATION
  const needed = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // There is no API server to authenticate anyone, and only this host connects.
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    address: '127.0.0.1',
    cgroupDriver: 'systemd',
    ...(inConfiguration ? { containerRuntimeEndpoint: CONTAINERD_SOCKET } : {}),
    staticPodPath: HOST_PATHS.manifests,
  }
  const flags = inConfiguration ? '' : ` --container-runtime-endpoint=${CONTAINERD_SOCKET}`
  const unit = `${HEADER}
[Service]
ExecStart=
ExecStart=/usr/bin/kubelet --config=${ETCD_KUBELET_CONFIGURATION}${flags}
Restart=always
`
  const configuration = mergeDeep(kubeadm.kubeletConfiguration, needed)
  return [
    { path: ETCD_KUBELET_CONFIGURATION, mode: 0o644, content: renderYaml([configuration]) },
    { path: ETCD_KUBELET_UNIT, mode: 0o644, content: unit },
  ]
}
