/** Names of the images in the lab's registry that do not follow from kubeadm. */
import { PINNED } from './go-programs.js'

export const FLANNEL_IMAGE = `flannel/flannel:${PINNED.flannel}`
export const FLANNEL_CNI_IMAGE = `flannel/flannel-cni-plugin:${PINNED.flannelCniPlugin}`

/** Tags of etcd's image between two minors of etcd, of which no kubeadm asks. */
export const STEPPING_TAGS = ['3.6.11-0'] as const
