/** `quorate init`: write a new cluster file, from flags, or from questions on a terminal. */
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { plainLine } from '../../values/plain-text.js'
import { contextOf, DEFAULT_FILE, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import type { InitOptions } from '../init/answers.js'

export function initCommand(): CommandUnknownOpts {
  const command = new Command('init')
    .description(
      'Writes a commented cluster file. On a terminal it asks for what no flag gives; elsewhere the flags must give everything.',
    )
    .addHelpText(
      'after',
      `
Example:
  $ quorate init --name prod --endpoint api.prod.lab:6443 --user ops \\
      --load-balancer lb1=10.0.0.5 --worker w1=10.0.0.21 w2=10.0.0.22 \\
      --control-plane cp1=10.0.0.11 cp2=10.0.0.12 cp3=10.0.0.13`,
    )
    .option('--name <name>', 'name of the cluster')
    .option('--endpoint <host[:port]>', 'name of the API endpoint; it must resolve to the load balancer')
    .option('--control-plane <name=address...>', 'control planes: three, or another odd number')
    .option('--worker <name=address...>', 'workers')
    .option(
      '--load-balancer <name=address...>',
      'hosts that Quorate runs haproxy on; leave out if you have a load balancer of your own',
    )
    .option('--user <name>', 'login name on the hosts: root, or a user who may run sudo without a password')
    .option('--identity-file <path>', 'private key to log in with (default: the keys in ssh-agent)')
    .addOption(
      new Option(
        '--host-key-checking <how>',
        "strict: known_hosts has every host's key; accept-new: learn a key at the first connection",
      ).choices(['strict', 'accept-new'] as const),
    )
    .option('--kubernetes-version <version>', 'e.g. v1.36.3 or stable-1.36')
    .option('-o, --output <path>', 'where to write; - is standard output', DEFAULT_FILE)
    .option('--force', 'overwrite an existing file')
  command.action((options) => exitWith(init(contextOf(command), options)))
  return command
}

async function init(context: Context, options: InitOptions): Promise<ExitCode> {
  const [{ answersFromOptions, missingOptions }, { refuseOutput, writeClusterFile }] = await Promise.all([
    import('../init/answers.js'),
    import('../init/write.js'),
  ])
  refuseOutput(options)
  const asks = context.io.canAsk && missingOptions(options).length > 0
  const complete = asks ? await (await import('../init/questions.js')).ask(options) : options
  if (complete === undefined) {
    context.io.note('nothing was written')
    return EXIT.failed
  }
  const { path, problems } = writeClusterFile(context, answersFromOptions(complete), {
    ...complete,
    // Whoever has answered questions should not have to answer them again.
    evenIfWrong: asks,
  })
  if (path === undefined) return EXIT.done
  if (problems.length > 0) {
    problems.forEach((problem) => context.io.note(`${context.io.style.red('✘')} ${plainLine(problem)}`))
    context.io.note(`wrote ${path} anyway; correct it there, then run \`quorate validate\``)
    return EXIT.failed
  }
  context.io.note(`wrote ${path}; next: \`quorate validate\`, then \`quorate plan\``)
  return EXIT.done
}
