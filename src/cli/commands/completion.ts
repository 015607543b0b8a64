/** `quorate completion`: scripts that let a shell complete command lines. */
import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { completionScript, SHELLS, type Shell } from '../completion-scripts.js'
import { exitWith, GROUPS } from '../program-parts.js'

export function completionCommand(): CommandUnknownOpts {
  const command = new Command('completion')
    .helpGroup(GROUPS.file)
    .summary('print a completion script for a shell')
    .description(
      'Prints a completion script:\n' +
        '  bash   source <(quorate completion bash)\n' +
        '  zsh    quorate completion zsh > "${fpath[1]}/_quorate"\n' +
        '  fish   quorate completion fish > ~/.config/fish/completions/quorate.fish',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
  command.action((shell) => exitWith(completion(contextOf(command), command, shell)))
  return command
}

function completion({ io }: Context, command: CommandUnknownOpts, shell: Shell): Promise<ExitCode> {
  io.out(completionScript(command.parent ?? command, shell))
  return Promise.resolve(EXIT.done)
}
