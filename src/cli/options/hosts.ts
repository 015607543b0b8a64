/** Which hosts of a cluster a command is about: some by name, those of a role, or all. */
import { Option } from '@commander-js/extra-typings'
import type { Cluster, Host, HostRole } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import { plainLine } from '../../values/plain-text.js'

const ROLES = ['control-plane', 'worker', 'etcd', 'load-balancer'] as const satisfies readonly HostRole[]

/** The options as commander gives them. */
export interface HostOptions {
  readonly host?: readonly string[]
  readonly role?: readonly HostRole[]
  readonly all?: true
}

export const hostOption = () =>
  new Option('--host <names>', 'hosts by name (a,b or given again)').argParser<readonly string[]>(
    (value, earlier) => [...((earlier as readonly string[] | undefined) ?? []), ...value.split(',')],
  )

export const roleOption = () => new Option('--role <role...>', 'all hosts of a role').choices(ROLES)

export const allOption = () => new Option('--all', 'every host of the cluster')

/**
 * The hosts that are meant, in the order of the cluster file.
 * @throws QuorateError `USAGE` for a host that is not in the cluster, and if none is named.
 */
export function chosenHosts(cluster: Cluster, { host = [], role = [], all }: HostOptions): readonly Host[] {
  const unknown = host.filter((name) => !cluster.hosts.some((one) => one.name === name))
  if (unknown.length > 0) {
    throw new QuorateError('USAGE', `${cluster.name} has no host ${plainLine(unknown.join(', '))}`, {
      hint: `its hosts are ${cluster.hosts.map(({ name }) => name).join(', ')}`,
    })
  }
  const chosen = cluster.hosts.filter(
    (one) => all === true || host.includes(one.name) || role.includes(one.role),
  )
  if (chosen.length > 0) return chosen
  const none =
    role.length > 0 ? `${cluster.name} has no host of the role ${role.join(', ')}` : 'on which hosts?'
  throw new QuorateError('USAGE', none, { hint: 'name them with --host or --role, or take --all' })
}
