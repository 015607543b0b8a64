/** etcdctl in the etcd of a fleet's first control plane. */
import type { Fleet } from '../../support/fleet.js'

const PKI = '/etc/kubernetes/pki/etcd'

export async function etcdctl(fleet: Fleet, line: string, host = 'cp1'): Promise<string> {
  return fleet.on(
    host,
    `crictl exec $(crictl ps --name '^etcd$' --state Running -q) etcdctl --endpoints https://127.0.0.1:2379` +
      ` --cacert ${PKI}/ca.crt --cert ${PKI}/healthcheck-client.crt --key ${PKI}/healthcheck-client.key ${line}`,
  )
}

/** The id of the etcd that a host's member belongs to; empty if it says none. */
export async function etcdId(fleet: Fleet, host?: string): Promise<string> {
  const status = await etcdctl(fleet, 'endpoint status -w json', host)
  return /"cluster_id":(\d+)/.exec(status)?.[1] ?? ''
}

/** The id of a host's member; empty if there is none. */
export async function memberId(fleet: Fleet, address: string, via = 'cp1'): Promise<string> {
  const list = await etcdctl(fleet, 'member list -w simple', via)
  const line = list.split('\n').find((candidate) => candidate.includes(`https://${address}:2380`))
  return line?.split(', ')[0] ?? ''
}

/** What each host's etcd logged about leaders, to tell an election that was asked for from one of a slow machine. */
export async function leaderChanges(fleet: Fleet, hosts: readonly string[]): Promise<string> {
  const logs = await Promise.all(
    hosts.map((host) =>
      fleet.on(
        host,
        `cat /var/log/pods/kube-system_etcd-*/etcd/*.log | grep -E 'leader .*at term|leadership|waiting for ReadIndex' | cut -c1-300 | tail -40`,
      ),
    ),
  )
  return hosts.map((host, index) => `${host}:\n${logs[index]}`).join('\n')
}
