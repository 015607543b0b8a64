/**
 * Errors of kubeadm, etcd, the load balancer and the cluster itself. If a step has already waited patiently, its error
 * is for the operator. A retry is for what may pass in a moment.
 */
import type { ErrorDefinition } from './definition.js'

export const KUBERNETES_ERRORS = {
  VERSION_NOT_RESOLVED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'write the version out (kubernetes.version: v1.X.Y) if the release server is out of reach',
  },
  LOAD_BALANCER_UNREACHABLE: {
    source: 'environment',
    remedy: 'operator',
    hint: 'a timeout means that the load balancer cannot be reached or cannot reach the control plane: check its address, its backends and firewalls',
  },
  ENDPOINT_REFUSED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'start the load balancer, and let it listen on the port of kubernetes.controlPlaneEndpoint',
  },
  LOAD_BALANCER_EMPTY: {
    source: 'environment',
    remedy: 'operator',
    hint: 'the load balancer works, but has no control plane that it can send connections to: check its backends, their health checks, and the way from it to the control planes',
  },
  ENDPOINT_NOT_API_SERVER: {
    source: 'environment',
    remedy: 'operator',
    hint: 'the endpoint must lead to the API servers, with TCP passed through: check the address and port in kubernetes.controlPlaneEndpoint, its DNS entry, and that the load balancer does not end TLS itself',
  },
  BACKEND_UNREACHABLE: {
    source: 'environment',
    remedy: 'operator',
    hint: "let the load balancer reach the control plane's API port: look at firewalls and security groups between the two",
  },
  INTERFACE_NOT_FOUND: {
    source: 'user',
    remedy: 'operator',
    hint: 'set loadBalancer.interface in the cluster file to the network interface that gets the virtual address',
  },
  ENDPOINT_NOT_RESOLVED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'give the name in kubernetes.controlPlaneEndpoint a DNS entry that every host can see',
  },
  KUBEADM_CONFIG_INVALID: {
    source: 'user',
    remedy: 'operator',
    hint: 'kubeadm does not accept the configuration; check kubernetes.kubeadm in the cluster file',
  },
  KUBEADM_PREFLIGHT_FAILED: {
    source: 'user',
    remedy: 'operator',
    hint: "fix what kubeadm names, or list the check in the cluster file's kubernetes.kubeadm.initConfiguration.nodeRegistration.ignorePreflightErrors",
  },
  KUBEADM_FAILED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'read the output above; the whole of it is on the host under /var/lib/quorate',
  },
  KUBEADM_TIMED_OUT: {
    source: 'environment',
    remedy: 'retry',
    hint: 'kubeadm waited without success for something that may still come up: look at the load of the hosts and the network between them',
  },
  CLUSTER_EXISTS: {
    source: 'user',
    remedy: 'operator',
    hint: 'nothing is initialised again where a cluster may be; if this one is not wanted any more, run `kubeadm reset` on the host and apply again',
  },
  NODE_NAME_TAKEN: {
    source: 'user',
    remedy: 'operator',
    hint: 'another machine is in the cluster under this name; rename the host in the cluster file, or take the other node out with `kubectl delete node`',
  },
  CONTROL_PLANE_NOT_READY: {
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the static pods on the host with `crictl ps -a` and `crictl logs`',
  },
  ETCD_UNHEALTHY: {
    source: 'environment',
    remedy: 'operator',
    hint: 'no member is added while etcd is not whole; look at its members and logs on the control planes',
  },
  ETCD_UNREACHABLE: {
    source: 'environment',
    remedy: 'retry',
    hint: 'look at etcd on the host with `crictl ps -a` and `crictl logs`; without a majority of its members it answers nothing',
  },
  ETCD_QUORUM_AT_RISK: {
    source: 'environment',
    remedy: 'operator',
    hint: 'bring the other etcd members back first; then retry',
  },
  ETCD_AUTHORITY_LOST: {
    source: 'user',
    remedy: 'operator',
    hint: 'put /etc/kubernetes/pki/etcd/ca.key back on the etcd host that has had it (root, mode 0600), then retry',
  },
  ETCD_CLIENT_FILES_MISSING: {
    source: 'user',
    remedy: 'operator',
    hint: 'spec.etcd.caFile, certFile and keyFile are paths on the machine where the worker runs; put the files there, the key with mode 0600, then retry',
  },
  ETCD_CONTENT_UNKNOWN: {
    source: 'user',
    remedy: 'operator',
    hint: 'nothing is initialised on an etcd that may hold another cluster: let it answer its HTTP gateway (etcd runs with --enable-grpc-gateway) to the client certificate in spec.etcd, with the right to read, then retry; or look yourself, and if it holds no cluster say so with `touch /var/lib/quorate/etcd-is-empty` on the control plane, then retry',
  },
  ETCD_OTHER_CLUSTER: {
    source: 'user',
    remedy: 'operator',
    hint: 'an API server on another etcd would serve an empty cluster: replace etcd hosts (or spec.etcd.endpoints) one after the other, each while a majority of the members that the cluster runs on is there, and apply after each',
  },
  ETCD_DATA_LOST: {
    source: 'user',
    remedy: 'operator',
    hint: 'mount the disk that holds /var/lib/etcd again and retry; if the data are really gone, run `kubeadm reset` on the host and retry: its old member is then replaced',
  },
  NODE_NOT_READY: {
    source: 'environment',
    remedy: 'operator',
    hint: 'look at `kubectl describe node` and `journalctl -u kubelet` on the host',
  },
  POD_NETWORK_FAILED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the pods of the network plugin with `kubectl get pods -A`',
  },
  MANIFEST_UNREACHABLE: {
    source: 'environment',
    remedy: 'retry',
    hint: 'check the URL in network.manifest and that the worker reaches it; a path to a file needs no network',
  },
  MANIFEST_CHANGED: {
    source: 'user',
    remedy: 'operator',
    hint: 'look at what has changed at the URL; then give its digest in network.digest, or use a file of the text that you know',
  },
  MANIFEST_REJECTED: {
    source: 'user',
    remedy: 'operator',
    hint: 'the API server does not take the manifest of the pod network; correct it and retry',
  },
  CLUSTER_DNS_FAILED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the coredns pods with `kubectl -n kube-system get pods -l k8s-app=kube-dns`',
  },
  API_UNREACHABLE: {
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the kube-apiserver pods and at the load balancer',
  },
  KUBECTL_FAILED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'read the output above; kubectl can be run by hand on a control plane with /etc/kubernetes/admin.conf',
  },
  KUBECONFIG_UNUSABLE: {
    source: 'user',
    remedy: 'operator',
    hint: 'write to a file of your own with `quorate kubeconfig --output`',
  },
} as const satisfies Record<string, ErrorDefinition>
