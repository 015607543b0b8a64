/** Errors and warnings about a cluster file that does not match the running cluster. */
import type { ErrorDefinition } from './definition.js'

export const STANDING_ERRORS = {
  NOT_ADOPTABLE: {
    meaning:
      'There is no running cluster that Quorate could look after, or it cannot be described by a cluster file.',
    source: 'user',
    remedy: 'operator',
    hint: 'name a control plane of a cluster that was built with kubeadm; docs/adopt.md says which clusters can be adopted',
  },
  FIELD_CANNOT_CHANGE: {
    meaning: 'A field has another value than the running cluster, and can never change.',
    source: 'user',
    remedy: 'operator',
    hint: 'put the old value back into the cluster file; only a new cluster can have the other one',
  },
  UPGRADE_NEEDED: {
    meaning: 'The cluster file asks for another Kubernetes version than the cluster runs.',
    source: 'user',
    remedy: 'operator',
    hint: 'run `quorate upgrade` to bring the cluster to that version, or put the running version back into the cluster file; an apply never changes the version of a running cluster',
  },
  CHANGE_NOT_APPLIED: {
    meaning: 'A field has another value than the running cluster, and an apply does not change it yet.',
    source: 'user',
    remedy: 'operator',
    hint: 'put the old value back, or change it by hand as the Kubernetes page "Reconfiguring a kubeadm cluster" says; an apply cannot change this on a running cluster yet',
  },
  HOST_RENAMED: {
    meaning: 'A machine is already a node of the cluster under another name.',
    source: 'user',
    remedy: 'operator',
    hint: "put the node's own name back into the cluster file; to give a machine another name, run `quorate remove` for the node first, then apply again",
  },
  ROLE_CHANGED: {
    meaning: 'A host has another role in the cluster than in the cluster file.',
    source: 'user',
    remedy: 'operator',
    hint: 'put the old role back; to change it, run `quorate remove` for the host first, then apply again',
  },
  ADDRESS_CHANGED: {
    meaning: 'A node has another internal address than in the cluster file.',
    source: 'user',
    remedy: 'operator',
    hint: 'put the old internal address back; a node cannot change it while it is part of the cluster, because certificates and etcd contain it',
  },
  NODE_NOT_IN_FILE: {
    meaning: 'The cluster has a node that the cluster file does not.',
    source: 'user',
    remedy: 'operator',
    hint: 'put the host back into the cluster file, or run `quorate remove` for it; until then it stays as it is',
  },
  NODE_CORDONED: {
    meaning: 'A node is cordoned and takes no new pods.',
    source: 'user',
    remedy: 'operator',
    hint: 'run `kubectl uncordon` to let it take pods again',
  },
  KUBELET_CONFIG_DIFFERS: {
    meaning: "The kubelet of a host has settings that differ from the cluster's.",
    source: 'user',
    remedy: 'operator',
    hint: 'run `kubeadm upgrade node phase kubelet-config` on the host and restart its kubelet to go back to the ConfigMap kubelet-config in kube-system; an apply leaves it as it is',
  },
  VERSION_SKEW: {
    meaning: 'Components of the cluster run different versions.',
    source: 'user',
    remedy: 'operator',
    hint: 'run `quorate upgrade` to bring the nodes that are behind to the version of the cluster; an apply leaves the versions of nodes alone',
  },
  CLUSTER_UNREADABLE: {
    meaning: 'The API of the running cluster does not answer.',
    source: 'environment',
    remedy: 'operator',
    hint: 'check the control planes with `crictl ps -a`; the cluster file cannot be compared with the cluster until its API answers',
  },
  HOST_AWAY: {
    meaning: 'A host of the cluster does not answer.',
    source: 'environment',
    remedy: 'operator',
    hint: 'bring the host back and apply again; if it is gone for good, run `quorate remove --dead` for it',
  },
  HOST_UNKNOWN: {
    meaning: 'Neither the cluster file nor the cluster has a host of this name.',
    source: 'user',
    remedy: 'operator',
    hint: 'correct the name; `kubectl get nodes` shows those of the cluster',
  },
  HOST_REMOVED: {
    meaning: 'A host that was removed from the cluster as dead has come back, and still has its old state.',
    source: 'user',
    remedy: 'operator',
    hint: 'run `quorate remove` for it, now that it answers, which resets it; then apply to let it join again',
  },
  REMOVAL_REFUSED: {
    meaning: 'Removing the host would break the cluster, or is not possible now.',
    source: 'user',
    remedy: 'operator',
    hint: 'see what the message says must come first',
  },
  REPLACEMENT_REFUSED: {
    meaning: 'Exchanging the machine of the host would break the cluster, or is not possible now.',
    source: 'user',
    remedy: 'operator',
    hint: 'see what the message says must come first',
  },
  MACHINE_AWAITED: {
    meaning: 'The new machine of a host that is replaced is not there yet.',
    source: 'user',
    remedy: 'operator',
    hint: 'reinstall or exchange the machine, then run `quorate resume --retry`; the run waits for days if it must',
  },
  RESET_REFUSED: {
    meaning: 'A host may not be reset, or the cluster may not be destroyed.',
    source: 'user',
    remedy: 'operator',
    hint: 'see what the message says; `quorate remove` takes a host out of a running cluster',
  },
} as const satisfies Record<string, ErrorDefinition>
