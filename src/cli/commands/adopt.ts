/** `quorate adopt`: write the cluster file of a cluster that somebody built with kubeadm. */
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, DEFAULT_FILE } from '../context.js'
import { exitWith } from '../exit.js'

const MEANING = `
The cluster is asked over SSH, beginning with one of its control planes; nothing is changed on any host. The next
\`quorate apply\` claims the hosts, and restarts nothing. docs/adopt.md tells what the file says and what it leaves to you.

Example:
  $ quorate adopt ops@10.0.0.11 --name prod
`

export function adoptCommand(): CommandUnknownOpts {
  const command = new Command('adopt')
    .description(
      'Reads a running cluster that was built with kubeadm, and writes a commented cluster file for it. Shows what an ' +
        'apply of that file would change.',
    )
    .addHelpText('after', MEANING)
    .argument(
      '<user@host>',
      'a control plane of the cluster; root unless a user is given, and :port after the host',
    )
    .option('--name <name>', "name of the cluster (default: kubeadm's own, which is usually kubernetes)")
    .option('--identity-file <path>', 'private key to log in with (default: the keys in ssh-agent)')
    .option('--known-hosts-file <path>', 'known_hosts file with the keys of the hosts')
    .addOption(
      new Option(
        '--host-key-checking <how>',
        "strict: known_hosts has every host's key; accept-new: learn a key at the first connection",
      ).choices(['strict', 'accept-new'] as const),
    )
    .option('--proxy-jump <host>', 'jump host on the way to the hosts')
    .option(
      '--at <name=address...>',
      'hosts that are reached at another address than the one that the cluster knows',
    )
    .option('-o, --output <path>', 'where to write; - is standard output', DEFAULT_FILE)
    .option('--force', 'overwrite an existing file')
  command.action((start, options) =>
    exitWith(import('../adopt/adopt.js').then(({ adopt }) => adopt(contextOf(command), start, options))),
  )
  return command
}
