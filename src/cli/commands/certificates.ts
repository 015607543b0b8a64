/** `quorate certificates`: show every certificate of a cluster, when it ends and whether it is in use, and renew them. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { parsePeriod } from '../options/duration.js'
import { refuseTogether } from '../options/exclusive.js'
import { attachOption, detachOption } from '../options/follow.js'
import { onBlockedOption } from '../options/on-blocked.js'
import type { FollowOptions } from '../start-and-follow.js'

interface CertificatesOptions {
  /** Milliseconds. */
  readonly within?: number
}

export function certificatesCommand(): CommandUnknownOpts {
  const command = new Command('certificates')
    .description(
      'Reads the certificates of every host over SSH, and compares them with what components serve. Changes nothing; ' +
        'private keys stay on the hosts. Exit code 1 if a host does not answer, or a file holds no certificate.',
    )
    .option(
      '--within <time>',
      'exit with code 4 if a certificate ends within this time, such as 60d or 12h',
      parsePeriod,
    )
  command.action((options) => exitWith(certificates(contextOf(command), options)))
  command.addCommand(renewCommand())
  return command
}

const MEANING = `
One control plane after the other: kubeadm renews what it has issued and is due, the controller manager and the scheduler
restart, and what is on the wire must be what is on disk. Certificates of etcd hosts are renewed one host at a time. A
kubelet whose own certificate has ended is brought back, also where all certificates of the cluster have ended and no API
answers. docs/certificates.md tells what happens at each step.
`

interface RenewOptions extends FollowOptions {
  readonly all?: true
  readonly yes?: true
  readonly plan?: true
}

function renewCommand(): CommandUnknownOpts {
  const command = new Command('renew')
    .summary('renew the certificates that are due')
    .description(
      'Renews the certificates of the cluster that are due: shows what that changes, waits for your approval, and does ' +
        'it as a durable run. Renewing again goes on where it stopped.',
    )
    .addHelpText('after', MEANING)
    .argument('[host...]', 'names of hosts in the cluster file; all of them unless given')
    .option('--all', 'also renew certificates that last long enough')
    .option('--plan', 'only show what would change')
    .option('--yes', 'do not wait for an approval')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((hosts, options) => exitWith(renew(contextOf(command), hosts, options)))
  return command
}

async function renew(context: Context, hosts: readonly string[], options: RenewOptions): Promise<ExitCode> {
  refuseTogether(options, [])
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const request = { hosts, all: options.all === true }
  if (options.plan === true) {
    const { showPlan } = await import('../planned.js')
    return showPlan(context, cluster, { renew: request })
  }
  const { startAndFollow } = await import('../start-and-follow.js')
  return startAndFollow(context, 'renew', cluster, { ...options, review: options.yes !== true, request })
}

async function certificates(context: Context, { within }: CertificatesOptions): Promise<ExitCode> {
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const { fetchCertificates } = await import('../../client/over-ssh.js')
  const found = await fetchCertificates(cluster)
  if (context.json) context.io.json({ cluster: cluster.name, ...found })
  else {
    const { renderCertificates } = await import('../output/certificates.js')
    renderCertificates(cluster.name, found, context.io.style).forEach((line) => context.io.out(line))
  }
  if (within !== undefined && found.certificates.some(({ leftMs }) => leftMs <= within)) return EXIT.overdue
  return found.unreachable.length + found.broken.length > 0 ? EXIT.failed : EXIT.done
}
