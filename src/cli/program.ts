/** The program: global options, help that teaches, and the commands. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { VERSION } from '../temporal/runtime.js'
import { applyCommand } from './commands/apply.js'
import { attachCommand } from './commands/attach.js'
import { cancelCommand } from './commands/cancel.js'
import { completionCommand } from './commands/completion.js'
import { doctorCommand } from './commands/doctor.js'
import { engineCommand } from './commands/engine.js'
import { initCommand } from './commands/init.js'
import { kubeconfigCommand } from './commands/kubeconfig.js'
import { planCommand } from './commands/plan.js'
import { schemaCommand } from './commands/schema.js'
import { signalCommand } from './commands/signal.js'
import { statusCommand } from './commands/status.js'
import { validateCommand } from './commands/validate.js'
import { workerCommand } from './commands/worker.js'
import { DEFAULT_FILE } from './context.js'

/** In the order in which one meets them. */
const COMMANDS = [
  initCommand,
  validateCommand,
  schemaCommand,
  completionCommand,
  planCommand,
  applyCommand,
  kubeconfigCommand,
  statusCommand,
  attachCommand,
  signalCommand,
  cancelCommand,
  engineCommand,
  workerCommand,
  doctorCommand,
]

const DESCRIPTION = `Turns plain Linux machines that you reach over SSH into a highly available Kubernetes cluster with kubeadm. Every step is durable: whatever crashes, the run goes on where it was.`

const EXAMPLES = `
First steps:
  $ quorate init                        write cluster.yaml, from questions or flags
  $ quorate validate                    check it; no host is touched
  $ quorate plan                        look at the hosts and show what would change
  $ quorate apply                       do it; Ctrl-C leaves it running
  $ quorate kubeconfig > ~/.kube/prod   the administrator's kubeconfig

While it runs, and after:
  $ quorate status prod                 where it is, and what went wrong
  $ quorate attach prod                 follow it again, from any terminal
  $ quorate doctor                      is everything there that is needed?

Temporal:
  Without a server configured, quorate runs one of its own on this machine (quorate engine).
  TEMPORAL_ADDRESS and the other variables and profiles of the Temporal CLI name another.

Exit codes:
  0 done   1 failed   2 bad usage or configuration   3 waits for the operator   130 left with Ctrl-C
`

/** Builds the program; parsing throws CommanderError instead of ending the process. */
export function buildProgram(): CommandUnknownOpts {
  const program = new Command('quorate')
    .description(DESCRIPTION)
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('-f, --file <path>', `cluster file (default: ./${DEFAULT_FILE})`)
    .option('--json', 'print JSON instead of text')
    .option('--verbose', 'print more: output of steps, stack traces')
    .option('--no-color', 'print without colours')
    .option('--address <host:port>', 'Temporal server (TEMPORAL_ADDRESS)')
    .option('--namespace <name>', 'Temporal namespace (TEMPORAL_NAMESPACE)')
    .option('--profile <name>', 'profile in temporal.toml (TEMPORAL_PROFILE)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    .showHelpAfterError('(quorate --help tells more)')
  for (const make of COMMANDS) program.addCommand(make())
  settle(program)
  return program
}

/** What commander hands down only to commands that it made itself. */
function settle(command: CommandUnknownOpts): void {
  command.exitOverride()
  for (const child of command.commands) settle(child.copyInheritedSettings(command))
}
