/** The program: global options, help that teaches, and the commands. */
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { VERSION } from '../client/version.js'
import { abilitiesOf, COLOUR_CHOICES, colourChoiceIn } from './abilities.js'
import { DEFAULT_FILE } from './context.js'
import { EXAMPLES } from './examples.js'
import { textFor } from './output/terminal-text.js'

/** Headings of the help, in their order. */
const GROUPS = {
  file: 'Cluster file:',
  cluster: 'Cluster:',
  running: 'Operations:',
  engine: 'Temporal:',
  more: 'More:',
} as const

interface CommandEntry {
  readonly name: string
  readonly group: keyof typeof GROUPS
  readonly summary: string
  /** Whether it reads the cluster file without taking its name as an argument. */
  readonly fileOption?: true
  /** The command itself; only what is called is loaded. */
  readonly load: () => Promise<CommandUnknownOpts>
}

/** In the order in which users meet them. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    group: 'file',
    summary: 'write a new cluster file',
    load: async () => (await import('./commands/init.js')).initCommand(),
  },
  {
    name: 'validate',
    group: 'file',
    summary: 'check the cluster file; touches no host',
    load: async () => (await import('./commands/validate.js')).validateCommand(),
  },
  {
    name: 'schema',
    group: 'file',
    summary: 'print the JSON Schema of the cluster file, for editors',
    load: async () => (await import('./commands/schema.js')).schemaCommand(),
  },
  {
    name: 'preflight',
    group: 'cluster',
    fileOption: true,
    summary: 'check that every host is ready; changes nothing',
    load: async () => (await import('./commands/preflight.js')).preflightCommand(),
  },
  {
    name: 'plan',
    group: 'cluster',
    fileOption: true,
    summary: 'look at the hosts and show what apply would change',
    load: async () => (await import('./commands/plan.js')).planCommand(),
  },
  {
    name: 'apply',
    group: 'cluster',
    fileOption: true,
    summary: 'build the cluster that the file describes',
    load: async () => (await import('./commands/apply.js')).applyCommand(),
  },
  {
    name: 'adopt',
    group: 'cluster',
    summary: 'write a cluster file for a cluster that runs already',
    load: async () => (await import('./commands/adopt.js')).adoptCommand(),
  },
  {
    name: 'upgrade',
    group: 'cluster',
    fileOption: true,
    summary: 'bring the cluster to another version of Kubernetes',
    load: async () => (await import('./commands/upgrade.js')).upgradeCommand(),
  },
  {
    name: 'reboot',
    group: 'cluster',
    fileOption: true,
    summary: 'reboot hosts of the cluster, one after the other',
    load: async () => (await import('./commands/hosts/reboot.js')).rebootCommand(),
  },
  {
    name: 'update-hosts',
    group: 'cluster',
    fileOption: true,
    summary: 'update the packages of hosts, one host after the other',
    load: async () => (await import('./commands/hosts/update-hosts.js')).updateHostsCommand(),
  },
  {
    name: 'remove',
    group: 'cluster',
    fileOption: true,
    summary: 'take hosts out of the cluster, dead or alive',
    load: async () => (await import('./commands/remove.js')).removeCommand(),
  },
  {
    name: 'replace',
    group: 'cluster',
    fileOption: true,
    summary: 'exchange the machine of a host',
    load: async () => (await import('./commands/replace.js')).replaceCommand(),
  },
  {
    name: 'reset',
    group: 'cluster',
    fileOption: true,
    summary: 'make hosts bare again, or destroy the whole cluster',
    load: async () => (await import('./commands/reset.js')).resetCommand(),
  },
  {
    name: 'certificates',
    group: 'cluster',
    summary: 'show when certificates end, and renew them',
    load: async () => (await import('./commands/certificates.js')).certificatesCommand(),
  },
  {
    name: 'etcd',
    group: 'cluster',
    summary: 'take snapshots of etcd, and look after its members',
    load: async () => (await import('./commands/etcd/etcd.js')).etcdCommand(),
  },
  {
    name: 'schedule',
    group: 'cluster',
    summary: 'what is done by the clock: list, pause and trigger it',
    load: async () => (await import('./commands/schedule/schedule.js')).scheduleCommand(),
  },
  {
    name: 'notifications',
    group: 'cluster',
    fileOption: true,
    summary: 'try who is told when a run needs somebody or has ended',
    load: async () => (await import('./commands/notifications/notifications.js')).notificationsCommand(),
  },
  {
    name: 'kubeconfig',
    group: 'cluster',
    summary: "print or store the administrator's kubeconfig",
    load: async () => (await import('./commands/kubeconfig.js')).kubeconfigCommand(),
  },
  {
    name: 'status',
    group: 'running',
    summary: 'show the state of the latest apply of a cluster',
    load: async () => (await import('./commands/status.js')).statusCommand(),
  },
  {
    name: 'attach',
    group: 'running',
    summary: 'follow the latest apply of a cluster',
    load: async () => (await import('./commands/attach.js')).attachCommand(),
  },
  {
    name: 'resume',
    group: 'running',
    summary: 'decide what a run waits for: retry, skip, abort or approve',
    load: async () => (await import('./commands/resume.js')).resumeCommand(),
  },
  {
    name: 'signal',
    group: 'running',
    summary: 'pause or continue a running operation, or say that the load balancer is ready',
    load: async () => (await import('./commands/signal.js')).signalCommand(),
  },
  {
    name: 'cancel',
    group: 'running',
    summary: 'stop a running operation',
    load: async () => (await import('./commands/cancel.js')).cancelCommand(),
  },
  {
    name: 'unlock',
    group: 'running',
    summary: 'show the locks of the hosts, and break them',
    load: async () => (await import('./commands/unlock.js')).unlockCommand(),
  },
  {
    name: 'ui',
    group: 'running',
    summary: "open Temporal's UI, with every step of every run",
    load: async () => (await import('./commands/ui.js')).uiCommand(),
  },
  {
    name: 'engine',
    group: 'engine',
    summary: 'start, stop, install and inspect the embedded engine',
    load: async () => (await import('./commands/engine/engine.js')).engineCommand(),
  },
  {
    name: 'worker',
    group: 'engine',
    summary: 'run a worker for an existing Temporal server',
    load: async () => (await import('./commands/worker.js')).workerCommand(),
  },
  {
    name: 'seal',
    group: 'engine',
    summary: 'create and rotate the key that workers obey',
    load: async () => (await import('./commands/seal.js')).sealCommand(),
  },
  {
    name: 'doctor',
    group: 'engine',
    summary: 'check this machine and its Temporal server',
    load: async () => (await import('./commands/doctor.js')).doctorCommand(),
  },
  {
    name: 'completion',
    group: 'more',
    summary: 'print a completion script for a shell',
    load: async () => (await import('./commands/completion.js')).completionCommand(buildWholeProgram),
  },
]

const DESCRIPTION = `Turns plain Linux machines that you reach over SSH into a highly available Kubernetes cluster with kubeadm. Every step is durable: whatever crashes, the run continues where it was.`

/**
 * Builds the program for a command line: commands that it names are complete, others have only a name. Parsing throws
 * CommanderError instead of ending the process.
 */
export async function buildProgram(argv: readonly string[]): Promise<CommandUnknownOpts> {
  const program = new Command('quorate')
    .description(DESCRIPTION)
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('-f, --file <path>', `cluster file (default: ./${DEFAULT_FILE})`)
    .option('--json', 'print JSON instead of text')
    .option('--verbose', 'print more: output of steps, stack traces')
    .addOption(
      new Option('--color <when>', 'colours; auto: on a terminal, unless NO_COLOR is set').choices(
        COLOUR_CHOICES,
      ),
    )
    .option('--no-color', 'the same as --color never')
    .option('--address <host:port>', 'Temporal server (TEMPORAL_ADDRESS)')
    .option('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE)')
    .option('--profile <name>', 'profile in temporal.toml (TEMPORAL_PROFILE)')
    .commandsGroup(GROUPS.more)
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void process.stdout.write(shown(process.stdout, argv, text)),
      writeErr: (text) => void process.stderr.write(shown(process.stderr, argv, text)),
    })
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
  for (const { name, group, summary, load } of COMMANDS) {
    const command = argv.includes(name) ? await load() : new Command(name)
    program.addCommand(command.summary(summary).helpGroup(GROUPS[group]))
  }
  settle(program)
  return program
}

/** The arguments to parse: after `help`, an unknown command is a mistake, as it is without `help`. */
export function argumentsToParse(program: CommandUnknownOpts, argv: readonly string[]): readonly string[] {
  const [first, name = 'help'] = argv
  const isKnown = [...program.commands.map((command) => command.name()), 'help'].includes(name)
  return first === 'help' && !name.startsWith('-') && !isKnown ? argv.slice(1) : argv
}

/** Commander repeats what it was given, which may have come from anywhere. */
function shown(stream: NodeJS.WriteStream, argv: readonly string[], text: string): string {
  return textFor(abilitiesOf(stream, colourChoiceIn(argv), process.env), text)
}

/** The whole program, with every command loaded. */
export function buildWholeProgram(): Promise<CommandUnknownOpts> {
  return buildProgram(COMMANDS.map(({ name }) => name))
}

/**
 * Applies what commander hands down only to commands that it made itself. After an error, each command names its own
 * help.
 */
function settle(command: CommandUnknownOpts, words = command.name()): void {
  const readsFile = COMMANDS.some(({ name, fileOption }) => name === command.name() && fileOption === true)
  const file = readsFile ? '; -f names another cluster file' : ''
  command.exitOverride().showHelpAfterError(`(${words} --help tells more${file})`)
  for (const child of command.commands)
    settle(child.copyInheritedSettings(command), `${words} ${child.name()}`)
}
