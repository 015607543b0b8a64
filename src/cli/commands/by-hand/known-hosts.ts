/** `quorate known-hosts`: the keys of hosts that nobody knows yet, shown to be compared, and made known. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { KeysSeen } from '../../../client/over-ssh.js'
import type { Host } from '../../../cluster/model.js'
import type { ErrorReport } from '../../../errors/index.js'
import { QuorateError } from '../../../errors/index.js'
import { count } from '../../../values/words.js'
import { plainLine } from '../../../values/plain-text.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'

const MEANING = `
A key proves that a host is the one that you mean, if you know it from elsewhere. Compare each fingerprint with what the
host itself says, on its console or in the log of its first start (cloud-init prints it):

  $ ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub

With --yes whoever answers now is trusted from now on, as ssh does it when one types yes without looking.
`

export function knownHostsCommand(): CommandUnknownOpts {
  const command = new Command('known-hosts')
    .description(
      'Shows the keys of hosts and jump hosts that are not in known_hosts yet, and adds those that you confirm. A key ' +
        'that has changed is never replaced.',
    )
    .addHelpText('after', MEANING)
    .argument('[cluster]', 'name of a cluster that was applied (default: the one in the cluster file)')
    .option('--show', 'only show them')
    .option('--yes', 'add them without asking')
  command.action((name, options) => exitWith(knownHosts(contextOf(command), name, options)))
  return command
}

interface KnownHostsOptions {
  readonly show?: true
  readonly yes?: true
}

async function knownHosts(
  context: Context,
  name: string | undefined,
  options: KnownHostsOptions,
): Promise<ExitCode> {
  if (options.show === true && options.yes === true)
    throw new QuorateError('USAGE', '--show and --yes exclude each other')
  const { findCluster } = await import('../../find-cluster.js')
  const { hosts } = await findCluster(context, name)
  return rounds(context, hosts, options)
}

/** Behind a jump host that was unknown there may be hosts that are, too. */
async function rounds(
  context: Context,
  hosts: readonly Host[],
  options: KnownHostsOptions,
): Promise<ExitCode> {
  const { seeHostKeys } = await import('../../../client/over-ssh.js')
  for (let isFirst = true; ; isFirst = false) {
    const seen = await seeHostKeys(hosts)
    await tell(context, seen, isFirst)
    if (seen.unknown.length === 0) return seen.failures.length === 0 ? EXIT.done : EXIT.failed
    if (options.show === true || !(await isMeant(context, options, seen))) return EXIT.failed
    for (const key of seen.unknown) await key.record()
    const files = [...new Set(seen.unknown.map(({ file }) => file))].join(', ')
    if (!context.json)
      context.io.out(`${context.io.style.green('✔')} ${count(seen.unknown.length, 'key')} added to ${files}`)
  }
}

async function tell(context: Context, { unknown, failures }: KeysSeen, isFirst: boolean): Promise<void> {
  const { io, json } = context
  const rows = unknown.map(({ server, name, type, fingerprint, file }) => ({
    server: server.name,
    name,
    type,
    fingerprint,
    file,
  }))
  if (json) {
    io.json({ type: 'unknown-keys', keys: rows, failures })
    return
  }
  if (rows.length > 0) {
    const { renderTable } = await import('../../output/table.js')
    const cells = rows.map((row) =>
      [row.server, row.name, row.type, row.fingerprint].map((word) => plainLine(word)),
    )
    renderTable(['SERVER', 'NAME', 'TYPE', 'FINGERPRINT'], cells, io.style).forEach((line) => io.out(line))
  } else if (failures.length === 0) {
    io.out(`${io.style.green('✔')} ${isFirst ? 'the key of every host is known' : 'every host is known now'}`)
  }
  await tellFailures(context, failures)
}

async function tellFailures({ io, verbose }: Context, failures: readonly ErrorReport[]): Promise<void> {
  const { renderReport } = await import('../../output/report.js')
  for (const failure of failures)
    renderReport(failure, io.style, { verbose }).forEach((line) => io.note(line))
}

/** Whether the operator wants these keys, having been told what that means. */
async function isMeant(
  { io, json }: Context,
  { yes }: KnownHostsOptions,
  { unknown }: KeysSeen,
): Promise<boolean> {
  if (yes === true) return true
  if (!io.canAsk || json) {
    throw new QuorateError('USAGE', 'cannot ask whether these keys are right: not a terminal', {
      hint: 'compare them, then add --yes; --show only shows them',
    })
  }
  io.note(MEANING)
  const { confirm, isCancel } = await import('@clack/prompts')
  const what = unknown.length === 1 ? 'this key' : `these ${unknown.length} keys`
  const answer = await confirm({ message: `Is that right? Add ${what}?`, initialValue: false })
  if (!isCancel(answer) && answer) return true
  io.note('no key was added')
  return false
}
