/** `quorate completion`: scripts that let a shell complete command lines. */
import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { completionScript, SHELLS, type Shell } from '../completion-scripts.js'

/** `program` gives the whole program, with every command loaded. */
export function completionCommand(program: () => Promise<CommandUnknownOpts>): CommandUnknownOpts {
  const command = new Command('completion')
    .description(
      'Prints a completion script:\n' +
        '  bash   source <(quorate completion bash)\n' +
        '  zsh    quorate completion zsh > "${fpath[1]}/_quorate"\n' +
        '  fish   quorate completion fish > ~/.config/fish/completions/quorate.fish',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
  command.action((shell) => exitWith(printScript(contextOf(command), program, shell)))
  return command
}

async function printScript(
  { io }: Context,
  program: () => Promise<CommandUnknownOpts>,
  shell: Shell,
): Promise<ExitCode> {
  io.data(completionScript(await program(), shell))
  return EXIT.done
}
