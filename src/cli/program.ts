/** The program: global options, help that teaches, and the commands. */
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { VERSION } from '../client/version.js'
import { abilitiesOf, COLOUR_CHOICES, colourChoiceIn } from './abilities.js'
import { DEFAULT_FILE, FILE_VARIABLE } from './context.js'
import { COMMANDS as OTHER_COMMANDS, GROUPS, type CommandEntry } from './command-table.js'
import { EXAMPLES } from './examples.js'
import { textFor } from './output/terminal-text.js'

/** In the order in which users meet them; the last one needs the program itself. */
const COMMANDS: readonly CommandEntry[] = [
  ...OTHER_COMMANDS,
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
    .option(
      '-f, --file <path>',
      `cluster file, - for standard input (default: ${DEFAULT_FILE}; ${FILE_VARIABLE} names another)`,
    )
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
