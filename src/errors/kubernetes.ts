/** Errors of kubeadm, etcd, the load balancer and the cluster itself. */
import type { ErrorDefinition } from './registry.js'

export const KUBERNETES_ERRORS = {
  VERSION_NOT_RESOLVED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'write the version out (kubernetes.version: v1.X.Y) if the release server is out of reach',
  },
  LOAD_BALANCER_UNREACHABLE: {
    source: 'environment',
    remedy: 'retry',
    hint: 'a timeout means that the load balancer can not be reached or can not reach the control plane: check its address, its backends and firewalls',
  },
  ENDPOINT_NOT_RESOLVED: {
    source: 'environment',
    remedy: 'retry',
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
    hint: "mend what kubeadm names, or list the check in the cluster file's kubernetes.kubeadm.initConfiguration.nodeRegistration.ignorePreflightErrors",
  },
  KUBEADM_FAILED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'read the output above; the whole of it is on the host under /var/lib/quorate',
  },
  CONTROL_PLANE_NOT_READY: {
    source: 'environment',
    remedy: 'retry',
    hint: 'look at the static pods on the host with `crictl ps -a` and `crictl logs`',
  },
  ETCD_UNHEALTHY: {
    source: 'environment',
    remedy: 'retry',
    hint: 'no member is added while etcd is not whole; look at its members and logs on the control planes',
  },
  NODE_NOT_READY: {
    source: 'environment',
    remedy: 'retry',
    hint: 'look at `kubectl describe node` and `journalctl -u kubelet` on the host',
  },
  POD_NETWORK_FAILED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'look at the pods of the network plugin with `kubectl get pods -A`',
  },
  CLUSTER_DNS_FAILED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'look at the coredns pods with `kubectl -n kube-system get pods -l k8s-app=kube-dns`',
  },
  API_UNREACHABLE: {
    source: 'environment',
    remedy: 'retry',
    hint: 'look at the kube-apiserver pods and at the load balancer',
  },
  KUBECTL_FAILED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'read the output above; kubectl can be run by hand on a control plane with /etc/kubernetes/admin.conf',
  },
} as const satisfies Record<string, ErrorDefinition>
