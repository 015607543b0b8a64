/**
 * HAProxy's configuration for the API servers: TCP is passed through, and each server's health is checked by HTTPS.
 * HAProxy 2.2 or later.
 */
import { HEADER } from '../host-prerequisites.js'
import { apiServerBindPort } from '../kubeadm/api-server.js'
import { formatEndpoint, type Cluster, type Host } from '../../cluster/model.js'

/** Where HAProxy's service reads it, and the mode of the file. */
export const HAPROXY_CONFIG_FILE = { path: '/etc/haproxy/haproxy.cfg', mode: 0o644 } as const

/**
 * The whole configuration file.
 * @param backends the control planes to send requests to, in order. If it is empty, connections are accepted and closed
 * at once.
 */
export function renderHaproxyConfig(cluster: Cluster, backends: readonly Host[]): string {
  return `${[GLOBAL, DEFAULTS, frontend(cluster), backend(cluster, backends)].join('\n\n')}\n`
}

// No statistics page and no admin socket: nothing listens but the API's own port. After a reload, the old process
// serves its long connections to their end, but not forever. If the host allows fewer open files than that many
// connections need, HAProxy serves fewer instead of refusing to start.
const GLOBAL = `${HEADER}
global
    log stdout format raw local0 info
    user haproxy
    group haproxy
    maxconn 8000
    no strict-limits
    hard-stop-after 1h`

// Watches are silent for minutes, and kubectl exec or logs -f for longer, so a connection is cut only after hours.
const DEFAULTS = `defaults
    mode tcp
    log global
    option tcplog
    option dontlognull
    option tcpka
    timeout connect 5s
    timeout check 3s
    timeout queue 10s
    timeout client 4h
    timeout server 4h
    timeout client-fin 30s
    timeout server-fin 30s`

function frontend(cluster: Cluster): string {
  return `frontend kube-apiserver
    bind *:${cluster.kubernetes.controlPlaneEndpoint.port}
    default_backend kube-apiserver`
}

// /readyz answers without a login, and stops returning 200 once an API server drains. The certificate is not verified:
// the cluster's CA does not exist yet when the load balancer starts, and clients verify it themselves.
function backend(cluster: Cluster, hosts: readonly Host[]): string {
  const port = apiServerBindPort(cluster)
  return [
    `backend kube-apiserver
    balance leastconn
    option httpchk
    http-check connect ssl
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host kubernetes
    http-check expect status 200
    default-server check verify none inter 1s fall 2 rise 1 on-marked-down shutdown-sessions`,
    ...hosts.map((host) => `    server ${host.name} ${formatEndpoint({ host: host.internalAddress, port })}`),
  ].join('\n')
}
