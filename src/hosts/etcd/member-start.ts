/**
 * How the member of an etcd host starts, as the hosts and etcd itself show. It continues with the data that it has,
 * founds etcd together with others, or is added to an existing etcd. Data are never wiped, and no second etcd is
 * founded.
 */
import { initialCluster } from '../../configuration/kubeadm/render-etcd-member.js'
import { peerUrl } from '../../configuration/etcd/urls.js'
import type { Host } from '../../cluster/model.js'
import { expectSuccess, script, type Session } from '../../ssh/index.js'
import { memberOf } from '../../facts/quorum.js'
import { HAS_ETCD_DATA } from './data.js'
import type { EtcdMember } from './members.js'
import { defined } from '../../values/defined.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** What an etcd host holds of a member. */
export interface MemberTraces {
  readonly hasData: boolean
  /** A member was started here once, with data or without. */
  readonly wasStarted: boolean
  /** `--initial-cluster` of the manifest, where there is one. */
  readonly initialCluster?: string
  /** Whether that manifest founds a cluster. */
  readonly founds: boolean
}

/**
 * `goes-on`: it has data. `founds`, `joins`: by its peer URL it is a member, and it has never started. `is-added`: etcd
 * exists and does not know it yet. `data-lost`: etcd has seen it running, but there are no data. `waits`: etcd exists,
 * but does not answer yet.
 */
export type MemberStart =
  | { readonly kind: 'goes-on' | 'is-added' | 'data-lost' | 'waits' }
  | { readonly kind: 'founds' | 'joins'; readonly initialCluster: string }

/** Everything that the decision is based on. */
export interface EtcdScene {
  readonly host: Host
  /** The etcd hosts of the cluster file. */
  readonly hosts: readonly Host[]
  /** The traces on all these hosts, in the same order. */
  readonly traces: readonly MemberTraces[]
  /** The members as a majority knows them; undefined if no majority answers. */
  readonly members: readonly EtcdMember[] | undefined
}

/** Decides how the member of `host` begins. */
export function memberStart({ host, hosts, traces, members }: EtcdScene): MemberStart {
  const own = traces[hosts.findIndex(({ name }) => name === host.name)]
  if (own !== undefined && goesOn(own, members)) return { kind: 'goes-on' }
  const founding = traces.find(({ founds }) => founds)?.initialCluster
  const isFounder = founding?.split(',').includes(initialCluster([host])) ?? false
  if (members === undefined) {
    if (founding !== undefined && isFounder) return { kind: 'founds', initialCluster: founding }
    const isBare = traces.every(({ hasData, initialCluster }) => !hasData && initialCluster === undefined)
    return isBare ? { kind: 'founds', initialCluster: initialCluster(hosts) } : { kind: 'waits' }
  }
  const member = memberOf(members, host)
  if (member === undefined) return { kind: 'is-added' }
  if (member.clientUrls.length > 0) return { kind: 'data-lost' }
  // A founder has its name from the beginning; a member that was added has none before its first start.
  if (member.name !== '' && founding !== undefined) return { kind: 'founds', initialCluster: founding }
  return { kind: 'joins', initialCluster: joinedCluster(host, members) }
}

/** What a member without data was told at its start still holds as long as nobody says that it had data before. */
function goesOn({ hasData, wasStarted }: MemberTraces, members: EtcdScene['members']): boolean {
  return hasData || (wasStarted && members === undefined)
}

/** The members for a new member's `--initial-cluster`: exactly those that etcd knows, and the new one itself. */
export function joinedCluster(host: Host, members: readonly EtcdMember[]): string {
  const others = members.filter((member) => memberOf([member], host) === undefined)
  return [
    ...others.flatMap(({ name, peerUrls }) => peerUrls.map((url) => `${name}=${url}`)),
    `${host.name}=${peerUrl(host)}`,
  ].join(',')
}

const LOOK = `${HAS_ETCD_DATA}
if has_etcd_data; then echo data; fi
if [ -e ${HOST_PATHS.etcdMember} ]; then echo started; fi
manifest=${HOST_PATHS.etcdManifest}
if [ -e "$manifest" ]; then
  sed -n 's/^ *- --initial-cluster=/cluster /p; s/^ *- --initial-cluster-state=/state /p' "$manifest"
fi`

/** Looks at the host at the other end of the session. */
export async function memberTraces(session: Session): Promise<MemberTraces> {
  const looked = await session.run(script(LOOK), { root: true })
  const lines = expectSuccess(looked, 'looking at the etcd member', session.host).stdout.split('\n')
  const value = (key: string) => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1)
  const cluster = value('cluster')
  return {
    hasData: lines.includes('data'),
    wasStarted: lines.includes('started'),
    founds: cluster !== undefined && value('state') === 'new',
    ...defined({ initialCluster: cluster }),
  }
}
