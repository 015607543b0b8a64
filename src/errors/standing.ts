/** Errors and warnings about a cluster file that does not match the running cluster. */
import type { ErrorDefinition } from './definition.js'

export const STANDING_ERRORS = {
  FIELD_CANNOT_CHANGE: {
    source: 'user',
    remedy: 'operator',
    hint: 'put the old value back into the cluster file; only a new cluster can have the other one',
  },
  UPGRADE_NEEDED: {
    source: 'user',
    remedy: 'operator',
    hint: 'put the running version back into the cluster file; applying never changes the version of a running cluster, and this release of Quorate has no upgrade yet',
  },
  CHANGE_NOT_APPLIED: {
    source: 'user',
    remedy: 'operator',
    hint: 'applying does not change this on a running cluster yet; put the old value back, or change it by hand as the Kubernetes page "Reconfiguring a kubeadm cluster" says',
  },
  HOST_RENAMED: {
    source: 'user',
    remedy: 'operator',
    hint: "put the node's own name back into the cluster file; to give a machine another name, take its node out (`kubectl drain`, `kubectl delete node`, `kubeadm reset`) and apply again",
  },
  ROLE_CHANGED: {
    source: 'user',
    remedy: 'operator',
    hint: 'put the old role back; to change it, take the node out first (`kubectl drain`, `kubectl delete node`, `kubeadm reset`; of a control plane also its etcd member) and apply again',
  },
  ADDRESS_CHANGED: {
    source: 'user',
    remedy: 'operator',
    hint: 'put the old internal address back; certificates and etcd carry it, so a node cannot change it while it is part of the cluster',
  },
  NODE_NOT_IN_FILE: {
    source: 'user',
    remedy: 'operator',
    hint: 'put the host back into the cluster file, or take its node out (`kubectl drain`, `kubectl delete node`, `kubeadm reset`); until then it stays as it is',
  },
  NODE_CORDONED: {
    source: 'user',
    remedy: 'operator',
    hint: '`kubectl uncordon` lets it take pods again',
  },
  KUBELET_CONFIG_DIFFERS: {
    source: 'user',
    remedy: 'operator',
    hint: 'applying leaves it as it is; `kubeadm upgrade node phase kubelet-config` and a restart of the kubelet bring the host back to what the ConfigMap kubelet-config in kube-system says for all',
  },
  VERSION_SKEW: {
    source: 'user',
    remedy: 'operator',
    hint: 'applying leaves the versions of nodes alone; `kubeadm upgrade node` brings them together',
  },
  CLUSTER_UNREADABLE: {
    source: 'environment',
    remedy: 'operator',
    hint: 'the cluster file cannot be compared with the cluster until its API answers; look at the control planes with `crictl ps -a`',
  },
  HOST_AWAY: {
    source: 'environment',
    remedy: 'operator',
    hint: 'bring it back and apply again; if it is gone for good, take it out of the cluster and of the file',
  },
} as const satisfies Record<string, ErrorDefinition>
