/**
 * How the member of an etcd host begins, as the hosts and etcd itself tell: it goes on with the data that it has, it
 * founds etcd together with others, or it is added to what is there. Data are never wiped, and no second etcd is founded.
 */
import { initialCluster } from '../../configuration/kubeadm/render-etcd.js'
import { peerUrl } from '../../configuration/etcd/urls.js'
import type { Host } from '../../cluster/model.js'
import { expectSuccess, script, type Session } from '../../ssh/index.js'
import { memberOf, type EtcdMember } from './health.js'

/** What an etcd host holds of a member. */
export interface MemberTraces {
  readonly hasData: boolean
  /** `--initial-cluster` of the manifest, where there is one. */
  readonly initialCluster?: string
  /** Whether that manifest founds a cluster. */
  readonly founds: boolean
}

/**
 * `goes-on`: it has data. `founds`, `joins`: it is a member, by its peer URL, and has never started. `is-added`: etcd
 * is there and does not know it yet. `data-lost`: etcd has seen it running, and there are no data. `waits`: etcd is
 * there, but tells nothing yet.
 */
export type MemberStart =
  | { readonly kind: 'goes-on' | 'is-added' | 'data-lost' | 'waits' }
  | { readonly kind: 'founds' | 'joins'; readonly initialCluster: string }

/** All that the decision is made from. */
export interface EtcdScene {
  readonly host: Host
  /** The etcd hosts of the cluster file. */
  readonly hosts: readonly Host[]
  /** Of all these hosts, in their order. */
  readonly traces: readonly MemberTraces[]
  /** As a majority knows them; undefined where none answers. */
  readonly members: readonly EtcdMember[] | undefined
}

/** Decides how the member of `host` begins. */
export function memberStart({ host, hosts, traces, members }: EtcdScene): MemberStart {
  const own = traces[hosts.findIndex(({ name }) => name === host.name)]
  if (own?.hasData === true) return { kind: 'goes-on' }
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

/** The members as a new one must be told of them: exactly those that etcd knows, itself among them. */
export function joinedCluster(host: Host, members: readonly EtcdMember[]): string {
  const others = members.filter((member) => memberOf([member], host) === undefined)
  return [
    ...others.flatMap(({ name, peerUrls }) => peerUrls.map((url) => `${name}=${url}`)),
    `${host.name}=${peerUrl(host)}`,
  ].join(',')
}

const LOOK = `
if [ -e /var/lib/etcd/member ]; then echo data; fi
manifest=/etc/kubernetes/manifests/etcd.yaml
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
    founds: cluster !== undefined && value('state') === 'new',
    ...(cluster === undefined ? {} : { initialCluster: cluster }),
  }
}
