/** crictl's configuration file, so that nobody has to tell crictl where containerd listens. */
import type { HostFile } from '../host-prerequisites.js'
import { CONTAINERD_SOCKET } from '../kubeadm/node-registration.js'

/** The same on every node. */
export const CRICTL_CONFIG_FILE: HostFile = {
  path: '/etc/crictl.yaml',
  mode: 0o644,
  content: `runtime-endpoint: ${CONTAINERD_SOCKET}\nimage-endpoint: ${CONTAINERD_SOCKET}\ntimeout: 30\n`,
}
