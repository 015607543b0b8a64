/** Flags of the API server that `spec.kubernetes.kubeadm` cannot set, or not to any value. Data, with a reason for each. */
import { listed, only, type Reliances } from '../relied-on.js'

export const SERVICE_SUBNET = 'kubernetes.networking.serviceSubnet sets it'
const OF_ETCD = 'spec.etcd sets it'
const SERVING_CERTIFICATE = 'kubeadm creates it; tls-sni-cert-key adds one of your own'

export const API_SERVER: Reliances = {
  'advertise-address': "each host's internalAddress sets it",
  'secure-port': 'initConfiguration.localAPIEndpoint.bindPort sets it',
  'bind-address': only('the load balancer, and the host itself, must reach it', '0.0.0.0'),
  'service-cluster-ip-range': SERVICE_SUBNET,
  'etcd-servers': OF_ETCD,
  'etcd-cafile': OF_ETCD,
  'etcd-certfile': OF_ETCD,
  'etcd-keyfile': OF_ETCD,
  'tls-cert-file': SERVING_CERTIFICATE,
  'tls-private-key-file': SERVING_CERTIFICATE,
  'enable-bootstrap-token-auth': only('hosts join with tokens', true),
  'anonymous-auth': only(
    'load balancers and joining hosts send requests without a login; authentication-config restricts those requests',
    true,
  ),
  'authorization-mode': {
    reason: 'joining needs Node and RBAC; list both',
    allows: (value) => ['Node', 'RBAC'].every((mode) => listed(value).includes(mode)),
  },
  'allow-privileged': only('kube-proxy and pod networks need privileges', true),
  'endpoint-reconciler-type': only('pods reach the API through its endpoints', 'lease', 'master-count'),
}
