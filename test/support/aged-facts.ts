/** Facts of a cluster on etcd hosts that has run for a while: each certificate with so many days left. */
import { clientUrl } from '../../src/configuration/etcd/urls.js'
import type { CertificateFacts, HostFacts } from '../../src/facts/facts.js'
import type { Cluster } from '../../src/cluster/model.js'
import { bareFacts } from './clusters.js'

const NOW = '2026-11-26T00:00:00.000Z'
const PKI = '/etc/kubernetes/pki'
const inDays = (days: number): string => new Date(Date.parse(NOW) + days * 86_400_000).toISOString()

const valid = (name: string, days: number): CertificateFacts => ({
  path: `${PKI}/${name}`,
  subject: name,
  notBefore: inDays(days - 365),
  notAfter: inDays(days),
  isCA: false,
})

/** How long certificates remain valid, in days, by host and name; a year by default. */
export type Lasting = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Facts of all hosts, whose API servers ask `servers`, or the etcd hosts of the cluster. */
export function agedFacts(cluster: Cluster, lasting: Lasting = {}, servers?: readonly string[]): HostFacts[] {
  const members = cluster.hosts.filter(({ role }) => role === 'etcd')
  return cluster.hosts.map((host) => {
    const days = (name: string): number => lasting[host.name]?.[name] ?? 365
    const found = (...names: readonly string[]) => ({
      at: NOW,
      found: names.map((name) => valid(name, days(name))),
    })
    switch (host.role) {
      case 'etcd':
        return bareFacts(host.name, {
          paths: [
            '/var/lib/etcd/member',
            '/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf',
            ...(host === members[0] ? ['/etc/kubernetes/pki/etcd/ca.key'] : []),
          ],
          certificates: found(
            ...['etcd/server.crt', 'etcd/peer.crt', 'etcd/healthcheck-client.crt'],
            ...(host === members[0] ? ['apiserver-etcd-client.crt'] : []),
          ),
        })
      case 'control-plane':
        return bareFacts(host.name, {
          paths: ['/etc/kubernetes/kubelet.conf', '/etc/kubernetes/manifests/kube-apiserver.yaml'],
          claimedBy: cluster.name,
          etcdServers: servers ?? members.map(clientUrl),
          certificates: found('apiserver-etcd-client.crt'),
        })
      case 'worker':
      case 'load-balancer':
        return bareFacts(host.name, { paths: ['/etc/kubernetes/kubelet.conf'], claimedBy: cluster.name })
    }
  })
}

const OF_KUBEADM = [
  ...['pki/apiserver.crt', 'pki/apiserver-kubelet-client.crt', 'pki/front-proxy-client.crt'],
  ...['admin.conf', 'controller-manager.conf', 'scheduler.conf'],
]
const OF_ETCD = ['pki/etcd/server.crt', 'pki/etcd/peer.crt', 'pki/etcd/healthcheck-client.crt']
const CLIENT = 'pki/apiserver-etcd-client.crt'
const KUBELET = '/var/lib/kubelet/pki/kubelet-client-current.pem'

/** Every certificate of every host, with so many days left; those of the authorities last. */
export function agedCertificates(
  cluster: Cluster,
  days: number,
): Readonly<Record<string, Partial<HostFacts>>> {
  const at = (path: string, left: number, isCA = false): CertificateFacts => ({
    ...valid('', left),
    path: path.startsWith('/') ? path : `/etc/kubernetes/${path}`,
    subject: path,
    isCA,
  })
  const first = cluster.hosts.find(({ role }) => role === 'etcd')
  const isStacked = cluster.etcd.topology === 'stacked'
  const names = ({ role }: Cluster['hosts'][number]): readonly string[] => {
    if (role === 'etcd') return [...OF_ETCD, CLIENT]
    if (role === 'worker') return [KUBELET]
    return role === 'control-plane' ? [...OF_KUBEADM, CLIENT, ...(isStacked ? OF_ETCD : []), KUBELET] : []
  }
  return Object.fromEntries(
    cluster.hosts.map((host) => {
      const found = [...names(host).map((path) => at(path, days)), at('pki/ca.crt', 3_000, true)]
      const key = host.name === first?.name ? ['/etc/kubernetes/pki/etcd/ca.key'] : []
      const paths = host.role === 'etcd' ? { paths: ['/var/lib/etcd/member', ...key] } : {}
      return [host.name, { certificates: { at: NOW, found }, ...paths }]
    }),
  )
}
