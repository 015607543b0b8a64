/** `quorate engine install` and `uninstall`: the engine as a systemd unit. */
import { userInfo } from 'node:os'
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { EngineInstallation, UnitStatus } from '../../../client/embedded-engine/unit.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'
import type { Io } from '../../io.js'
import { supervisorLine } from './supervisor-line.js'
import { noteWaiting } from './waiting-operations.js'

export function installCommand(): CommandUnknownOpts {
  const command = new Command('install').description(
    'Has systemd run the engine from the start of the machine on, also while nobody is logged in, so that schedules ' +
      'come due. It becomes a unit of your user manager, quorate-engine.service; root gets a unit of the machine. An ' +
      'engine that runs is handed over, and its operations go on. Run it again after an update of Quorate or Node.js ' +
      'that moves them.',
  )
  command.action(() => exitWith(install(contextOf(command))))
  return command
}

export function uninstallCommand(): CommandUnknownOpts {
  const command = new Command('uninstall').description(
    'Stops the engine and removes its systemd unit. Operations wait; commands start the engine when they need it.',
  )
  command.action(() => exitWith(uninstall(contextOf(command))))
  return command
}

/** The main process of the unit. */
export function runCommand(): CommandUnknownOpts {
  const command = new Command('run')
    .description('run the engine as the main process of its systemd unit')
    .requiredOption('--unit <file>', 'the unit')
    .addOption(
      new Option('--scope <scope>', 'whose manager has the unit')
        .choices(['user', 'system'] as const)
        .makeOptionMandatory(),
    )
  command.action(({ unit, scope }) => exitWith(run(unit, scope)))
  return command
}

/** How the unit stands, for `engine status`. */
export function unitLines(unit: UnitStatus, { green, yellow }: Io['style']): readonly string[] {
  const { name, scope, state = 'systemd does not answer', enablement, lingers } = unit
  const words = [state, ...(enablement === undefined ? [] : [enablement])].join(', ')
  const line = `unit     ${state === 'active' ? green(words) : yellow(words)}  ${name}, of ${scope === 'user' ? 'your user manager' : 'the machine'}`
  return lingers === false ? [line, `         ${yellow(lingerHint())}`] : [line]
}

async function install({ io, json }: Context): Promise<ExitCode> {
  const { installEngine } = await import('../../../client/embedded-engine/unit.js')
  const installed = await installEngine()
  if (json) io.json(installed)
  else show(io, installed)
  return EXIT.done
}

function show(io: Io, { scope, file, lingers, environmentFile, agentOnlyKeys }: EngineInstallation): void {
  io.out(`systemd runs the engine: ${file}`)
  if (lingers === false) io.note(lingerHint())
  else io.out('it starts with the machine, and needs nobody to be logged in')
  const agent = 'an SSH agent ends with its login: at night only key files without a passphrase log in'
  if (agentOnlyKeys.length === 0) io.note(agent)
  else {
    io.note(`${agent}. Only your agent can use: ${agentOnlyKeys.join(', ')}`)
    io.note('give scheduled work a key file of its own: `ssh.identityFile` in the cluster file')
  }
  io.note(
    `variables that cluster files name are not those of your shell: write them to ${environmentFile} (NAME=value, mode 0600), then run \`systemctl ${scope === 'user' ? '--user ' : ''}restart quorate-engine\``,
  )
}

function lingerHint(): string {
  return `it ends when you log out, until lingering is on: run \`sudo loginctl enable-linger ${userInfo().username}\``
}

async function uninstall({ io, json }: Context): Promise<ExitCode> {
  const { uninstallEngine } = await import('../../../client/embedded-engine/unit.js')
  const removed = await uninstallEngine()
  if (json) {
    io.json({ uninstalled: removed !== undefined, ...removed })
    return EXIT.done
  }
  if (removed === undefined) {
    io.out('the engine has no systemd unit')
    return EXIT.done
  }
  const { file, scope, open } = removed
  io.out(`the engine is stopped, and ${file} is removed`)
  noteWaiting(io, open)
  if (scope === 'user')
    io.note(`lingering stays as it is; \`loginctl disable-linger\` turns it off if nothing else needs it`)
  return EXIT.done
}

async function run(file: string, scope: 'user' | 'system'): Promise<ExitCode> {
  const { runEngine } = await import('../../../client/embedded-engine/unit.js')
  await runEngine({ scope, file }, supervisorLine)
  // What is under way, such as a part that starts, must not keep a unit that ends.
  return process.exit(EXIT.done)
}
