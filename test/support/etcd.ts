/** etcdctl in the etcd of a fleet's first control plane. */
import type { Fleet } from './fleet.js'

const PKI = '/etc/kubernetes/pki/etcd'

export async function etcdctl(fleet: Fleet, line: string, host = 'cp1'): Promise<string> {
  return fleet.on(
    host,
    `crictl exec $(crictl ps --name '^etcd$' --state Running -q) etcdctl --endpoints https://127.0.0.1:2379` +
      ` --cacert ${PKI}/ca.crt --cert ${PKI}/healthcheck-client.crt --key ${PKI}/healthcheck-client.key ${line}`,
  )
}

/** The id of a host's member; empty if there is none. */
export async function memberId(fleet: Fleet, address: string, via = 'cp1'): Promise<string> {
  const list = await etcdctl(fleet, 'member list -w simple', via)
  const line = list.split('\n').find((candidate) => candidate.includes(`https://${address}:2380`))
  return line?.split(', ')[0] ?? ''
}
