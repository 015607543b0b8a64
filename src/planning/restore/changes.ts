/** What a restore would do on which host, in the order in which it does so. Pure. */
import type { Host } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/results.js'
import { RESTORE_PHASES, type RestorePhase } from '../../operations/restore/phases.js'
import type { RestoreParts } from './parts.js'

/** Every change. */
export function restoreChanges({
  source,
  saver,
  members,
  dead,
  nodes,
}: RestoreParts): readonly PlannedChange[] {
  const hosts = members.map(({ host }) => host)
  const [first] = hosts
  const each = (id: RestorePhase, on: readonly Host[], action: string, disruptive = false) =>
    on.map(({ name }): PlannedChange => {
      const change = { host: name, phase: RESTORE_PHASES[id].title, action }
      return disruptive ? { ...change, disruptive } : change
    })
  const what = source.kind === 'snapshot' ? source.record.name : `what ${source.host.name} still has`
  const restored = each('restored-data', hosts, `restore ${what} beside the old data of etcd`)
  const stopped = each(
    'stop-control-planes',
    hosts,
    'stop API server, controller manager, scheduler and etcd',
    true,
  )
  const taken = source.kind === 'survivor' ? [source.host] : saver === undefined ? [] : [saver]
  return [
    ...each('snapshot', taken, 'take a snapshot of the current state'),
    ...each(
      'snapshot-on-each-host',
      withoutSource(source, hosts),
      `get a copy of ${source.kind === 'snapshot' ? source.record.name : 'it'}`,
    ),
    ...(source.kind === 'database' ? [...stopped, ...restored] : [...restored, ...stopped]),
    ...each(
      'start-etcd',
      hosts,
      'put the restored data in place, keep the old ones beside, start etcd',
      true,
    ),
    ...each('start-api-servers', hosts, 'start API server, controller manager, scheduler'),
    ...(first === undefined
      ? []
      : dead.map(({ name }) => ({
          host: name,
          phase: RESTORE_PHASES.nodes.title,
          action: 'delete its node',
        }))),
    ...each(
      'follow-restored-data',
      nodes,
      'restart kubelet; replace the pods of kube-proxy, the pod network and CoreDNS',
    ),
  ]
}

function withoutSource(source: RestoreParts['source'], hosts: readonly Host[]): readonly Host[] {
  if (source.kind === 'database') return []
  const having = source.kind === 'snapshot' ? source.holders : [source.host]
  return hosts.filter((host) => !having.includes(host))
}
