/** `quorate etcd members`: how etcd's members stand. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'

export function membersCommand(): CommandUnknownOpts {
  const command = new Command('members')
    .summary("show etcd's members: sizes, leader, lag, alarms")
    .description(
      "Asks etcd's members over SSH, each on its own host, also where they have no majority. Changes nothing. Exit code 1 " +
        'if one of them does not answer, lags, or has an alarm.',
    )
  command.action(() => exitWith(members(contextOf(command))))
  return command
}

async function members(context: Context): Promise<ExitCode> {
  const { loadCluster } = await import('../../load-cluster.js')
  const cluster = await loadCluster(context)
  const { fetchMembers } = await import('../../../client/over-ssh.js')
  const found = await fetchMembers(cluster)
  const { isWell, renderMembers } = await import('../../output/etcd/members.js')
  if (context.json) context.io.json({ cluster: cluster.name, ...found })
  else renderMembers(cluster.name, found, context.io.style).forEach((line) => context.io.out(line))
  return isWell(found) ? EXIT.done : EXIT.failed
}
