/**
 * Errors of kubeadm, etcd, the load balancer and the cluster itself. If a step has already waited patiently, its error
 * is for the operator. A retry is for what may pass in a moment.
 */
import type { ErrorDefinition } from './definition.js'

export const KUBERNETES_ERRORS = {
  VERSION_NOT_RESOLVED: {
    meaning: 'The release server did not say which version a channel means.',
    source: 'environment',
    remedy: 'retry',
    hint: 'if the release server cannot be reached, set an exact version (kubernetes.version: v1.X.Y)',
  },
  LOAD_BALANCER_UNREACHABLE: {
    meaning: 'The endpoint does not answer, or cannot be routed to.',
    source: 'environment',
    remedy: 'operator',
    hint: 'check the address of the load balancer, its backends and the firewalls: a timeout means that it cannot be reached, or cannot reach the control plane',
  },
  ENDPOINT_REFUSED: {
    meaning: 'Nothing listens at the endpoint.',
    source: 'environment',
    remedy: 'operator',
    hint: 'start the load balancer, and make it listen on the port in kubernetes.controlPlaneEndpoint',
  },
  LOAD_BALANCER_EMPTY: {
    meaning: 'The load balancer accepts connections, but has no control plane to send them to.',
    source: 'environment',
    remedy: 'operator',
    hint: 'check the backends of the load balancer, their health checks, and its route to the control planes: it works, but has no control plane to send connections to',
  },
  ENDPOINT_NOT_API_SERVER: {
    meaning: 'What answers at the endpoint is not an API server.',
    source: 'environment',
    remedy: 'operator',
    hint: 'check the address and port in kubernetes.controlPlaneEndpoint, its DNS entry, and that the load balancer passes TCP through to the API servers and does not terminate TLS',
  },
  BACKEND_UNREACHABLE: {
    meaning: 'The load balancer does not reach a control plane.',
    source: 'environment',
    remedy: 'operator',
    hint: "let the load balancer reach the control plane's API port: check the firewalls and security groups between them",
  },
  INTERFACE_NOT_FOUND: {
    meaning: 'No network interface can get the virtual address.',
    source: 'user',
    remedy: 'operator',
    hint: 'set loadBalancer.interface in the cluster file to the network interface that gets the virtual address',
  },
  ENDPOINT_NOT_RESOLVED: {
    meaning: 'The name of the endpoint does not resolve on a host.',
    source: 'environment',
    remedy: 'operator',
    hint: 'add a DNS entry for the name in kubernetes.controlPlaneEndpoint that every host can resolve',
  },
  KUBEADM_CONFIG_INVALID: {
    meaning: 'kubeadm rejects the configuration.',
    source: 'user',
    remedy: 'operator',
    hint: 'check kubernetes.kubeadm in the cluster file: kubeadm rejects the configuration',
  },
  KUBEADM_PREFLIGHT_FAILED: {
    meaning: "kubeadm's own preflight checks found problems.",
    source: 'user',
    remedy: 'operator',
    hint: 'fix what kubeadm names; to ignore a check, list it in kubernetes.kubeadm.initConfiguration.nodeRegistration.ignorePreflightErrors in the cluster file',
  },
  KUBEADM_FAILED: {
    meaning: 'kubeadm failed.',
    source: 'environment',
    remedy: 'operator',
    hint: 'read the output above; the full output is on the host, under /var/lib/quorate',
  },
  RESET_INCOMPLETE: {
    meaning: 'A host that was reset still has parts of the cluster.',
    source: 'environment',
    remedy: 'operator',
    hint: 'take away by hand what the message names, or see what holds it (mounts, processes), then retry',
  },
  KUBEADM_TIMED_OUT: {
    meaning: 'kubeadm timed out waiting for a component.',
    source: 'environment',
    remedy: 'retry',
    hint: 'check the load of the hosts and the network between them: kubeadm timed out waiting for something that may still come up',
  },
  CLUSTER_EXISTS: {
    meaning: 'A cluster was initialised on this host before.',
    source: 'user',
    remedy: 'operator',
    hint: 'if you no longer want the cluster on this host, run `kubeadm reset` there and apply again; Quorate never initialises over an existing one',
  },
  NODE_NAME_TAKEN: {
    meaning: 'Another machine is in the cluster under this name.',
    source: 'user',
    remedy: 'operator',
    hint: 'rename the host in the cluster file, or remove the other node with `kubectl delete node`: another machine is in the cluster under this name',
  },
  CONTROL_PLANE_NOT_READY: {
    meaning: 'A component or file of the control plane is missing or not ready.',
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the static pods on the host with `crictl ps -a` and `crictl logs`',
  },
  ETCD_UNHEALTHY: {
    meaning: 'etcd is not fully healthy, or has an unexpected member.',
    source: 'environment',
    remedy: 'operator',
    hint: 'check the etcd members and their logs; no member is added until etcd is fully healthy',
  },
  ETCD_UNREACHABLE: {
    meaning: 'etcd does not answer.',
    source: 'environment',
    remedy: 'retry',
    hint: 'look at etcd on the host with `crictl ps -a` and `crictl logs`; without a majority of its members it answers no requests',
  },
  ETCD_QUORUM_AT_RISK: {
    meaning: 'Removing the etcd member would risk the quorum.',
    source: 'environment',
    remedy: 'operator',
    hint: 'bring the other etcd members back, then retry',
  },
  ETCD_AUTHORITY_LOST: {
    meaning: "No etcd host has the key of etcd's CA.",
    source: 'user',
    remedy: 'operator',
    hint: 'restore /etc/kubernetes/pki/etcd/ca.key on the etcd host that had it (owner root, mode 0600), then retry',
  },
  ETCD_CLIENT_FILES_MISSING: {
    meaning: 'The client certificate or key for etcd cannot be read.',
    source: 'user',
    remedy: 'operator',
    hint: 'put the files that spec.etcd names (caFile, certFile, keyFile) on the machine where the worker runs, the key with mode 0600, then retry',
  },
  ETCD_CONTENT_UNKNOWN: {
    meaning: 'etcd does not say whether it holds another cluster.',
    source: 'user',
    remedy: 'operator',
    hint: 'make sure that etcd serves its HTTP gateway (--enable-grpc-gateway) and that the client certificate in spec.etcd may read, then retry. If you know that it holds no cluster, run `touch /var/lib/quorate/etcd-is-empty` on the control plane, then retry. Quorate does not initialise on an etcd that may hold another cluster',
  },
  ETCD_OTHER_CLUSTER: {
    meaning: 'The etcd in the cluster file is not the one that the cluster runs on.',
    source: 'user',
    remedy: 'operator',
    hint: 'replace etcd hosts (or spec.etcd.endpoints) one at a time, while a majority of the current members is up, and apply after each: an API server on another etcd would serve an empty cluster',
  },
  ETCD_DATA_LOST: {
    meaning: "An etcd member, or the cluster's first control plane, has lost its data.",
    source: 'user',
    remedy: 'operator',
    hint: 'mount the disk that holds /var/lib/etcd again and retry; if the data is really gone, run `kubeadm reset` on the host and retry: its old member is then replaced',
  },
  NODE_NOT_READY: {
    meaning: 'A node is missing, or is not Ready.',
    source: 'environment',
    remedy: 'operator',
    hint: 'look at `kubectl describe node` and `journalctl -u kubelet` on the host',
  },
  DRAIN_BLOCKED: {
    meaning: 'Pods or volumes do not leave a node.',
    source: 'user',
    remedy: 'operator',
    hint: 'give the pods room, or delete those that may go; then retry',
  },
  POD_NETWORK_FAILED: {
    meaning: 'The pod network does not work on a node.',
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the pods of the network plugin with `kubectl get pods -A`',
  },
  MANIFEST_UNREACHABLE: {
    meaning: 'The manifest of the pod network cannot be fetched.',
    source: 'environment',
    remedy: 'retry',
    hint: 'check the URL in network.manifest and that the worker can reach it, or give the path of a file instead',
  },
  MANIFEST_CHANGED: {
    meaning: 'The manifest at the URL does not have the digest of the cluster file.',
    source: 'user',
    remedy: 'operator',
    hint: 'check what has changed at the URL; then set network.digest to its new digest, or use a file with the text that you know',
  },
  MANIFEST_REJECTED: {
    meaning: 'The API server rejects the manifest of the pod network.',
    source: 'user',
    remedy: 'operator',
    hint: 'correct the manifest of the pod network and retry: the API server rejects it',
  },
  CLUSTER_DNS_FAILED: {
    meaning: 'The DNS of the cluster does not answer.',
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the coredns pods with `kubectl -n kube-system get pods -l k8s-app=kube-dns`',
  },
  API_UNREACHABLE: {
    meaning: 'The Kubernetes API does not answer.',
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the kube-apiserver pods and at the load balancer',
  },
  API_NOT_ANSWERING: {
    meaning: 'An API server did not answer a request.',
    source: 'environment',
    remedy: 'retry',
    hint: 'look at the kube-apiserver container on the host (`crictl ps -a`), and whether the host has /etc/kubernetes/admin.conf',
  },
  API_REFUSED: {
    meaning: 'An API server refused a request.',
    source: 'environment',
    remedy: 'retry',
    hint: 'read what it says; to ask it yourself, run kubectl on a control plane with --kubeconfig /etc/kubernetes/admin.conf',
  },
  KUBECONFIG_UNUSABLE: {
    meaning: 'The kubeconfig cannot be written or merged, or is not as kubeadm writes it.',
    source: 'user',
    remedy: 'operator',
    hint: 'write to a file of your own with `quorate kubeconfig --output`',
  },
} as const satisfies Record<string, ErrorDefinition>
