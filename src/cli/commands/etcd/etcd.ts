/** `quorate etcd`: snapshots of etcd, and what keeps its members well. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { defragmentCommand } from './defragment.js'
import { membersCommand } from './members.js'
import { recoverCommand, restoreCommand } from './restore.js'
import { snapshotCommand } from './snapshot.js'

export function etcdCommand(): CommandUnknownOpts {
  return new Command('etcd')
    .description(
      "Takes snapshots of the cluster's etcd, and shows and looks after its members. docs/etcd.md tells more.",
    )
    .addCommand(snapshotCommand())
    .addCommand(restoreCommand())
    .addCommand(recoverCommand())
    .addCommand(membersCommand())
    .addCommand(defragmentCommand())
}
