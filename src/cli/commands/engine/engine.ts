/** `quorate engine`: the embedded Temporal server and its worker. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'
import { supervisorLine } from './supervisor-line.js'
import { noteWaiting } from './waiting-operations.js'
import { installCommand, runCommand, uninstallCommand, unitLines } from './unit.js'

const DEFAULT_LINES = 50

export function engineCommand(): CommandUnknownOpts {
  const engine = new Command('engine').description(
    'The embedded engine is a Temporal server on SQLite and a worker, on this machine. Commands start it when no ' +
      'other server is configured. It can be stopped or killed at any time: operations continue where they were. ' +
      'A part that dies is started again within seconds. ' +
      'With `quorate engine install` systemd runs it, also while nobody is logged in. ' +
      'Its files are in $QUORATE_HOME, by default $XDG_STATE_HOME/quorate (~/.local/state/quorate).',
  )
  const add = (name: string, description: string, act: (context: Context) => Promise<ExitCode>): void => {
    const command = new Command(name).description(description)
    command.action(() => exitWith(act(contextOf(command))))
    engine.addCommand(command)
  }
  add('start', 'start the server and the worker if they are not running', start)
  add('status', 'show what is running, and where', status)
  add('stop', 'stop it; operations wait until it is started again', stop)
  engine.addCommand(logsCommand())
  engine.addCommand(installCommand())
  engine.addCommand(uninstallCommand())
  engine.addCommand(runCommand(), { hidden: true })
  engine.addCommand(superviseCommand(), { hidden: true })
  return engine
}

function logsCommand(): CommandUnknownOpts {
  const command = new Command('logs')
    .description('show the logs of worker, server and supervisor')
    .option('--follow', 'follow them as they grow')
    .option('-n, --lines <count>', 'number of lines from the end of each', Number, DEFAULT_LINES)
    .option('--server', 'only the server')
    .option('--worker', 'only the worker')
  command.action((options) => exitWith(logs(contextOf(command), options)))
  return command
}

function superviseCommand(): CommandUnknownOpts {
  const command = new Command('supervise').description('restart its parts when they die, until it is stopped')
  command.action(() => exitWith(supervise()))
  return command
}

async function supervise(): Promise<ExitCode> {
  const { superviseEngine } = await import('../../../client/embedded-engine/engine.js')
  await superviseEngine(supervisorLine)
  return EXIT.done
}

async function start(context: Context): Promise<ExitCode> {
  const { startEngine } = await import('../../../client/embedded-engine/engine.js')
  await startEngine()
  return status(context)
}

async function status({ io, json }: Context): Promise<ExitCode> {
  const [{ engineStatus }, { engineUnitStatus }] = await Promise.all([
    import('../../../client/embedded-engine/engine.js'),
    import('../../../client/embedded-engine/unit.js'),
  ])
  const unit = await engineUnitStatus()
  const { home, serverPid, workerPid, supervisorPid, isWorkerFrozen, address, exists } = await engineStatus()
  const isWhole = serverPid !== undefined && workerPid !== undefined && !isWorkerFrozen
  if (json) {
    io.json({
      running: isWhole,
      serverPid,
      workerPid,
      supervisorPid,
      address,
      isWorkerFrozen,
      folder: home.folder,
      exists,
      unit,
    })
    return isWhole ? EXIT.done : EXIT.failed
  }
  const { green, yellow, dim } = io.style
  const state = (pid: number | undefined): string =>
    pid === undefined ? yellow('stopped') : `${green('running')} (pid ${pid})`
  io.out(`server   ${state(serverPid)}${serverPid === undefined ? '' : `  ${address}`}`)
  io.out(
    `worker   ${state(workerPid)}${isWorkerFrozen ? yellow('  frozen; its supervisor replaces it') : ''}`,
  )
  if (unit !== undefined) unitLines(unit, io.style).forEach((line) => io.out(line))
  if (serverPid !== undefined) io.out('UI       quorate ui')
  io.out(dim(`folder   ${home.folder}`))
  return isWhole ? EXIT.done : EXIT.failed
}

async function stop({ io, json }: Context): Promise<ExitCode> {
  const { stopEngine } = await import('../../../client/embedded-engine/engine.js')
  const { stopped, open, isUnits } = await stopEngine()
  if (json) io.json({ stopped, open })
  else io.out(stopped ? 'the engine is stopped' : 'the engine was not running')
  if (isUnits && !json) {
    io.note(
      'its systemd unit starts it again with the machine, and the next command that needs it does so before; `quorate engine uninstall` removes the unit',
    )
  }
  if (stopped && !json) noteWaiting(io, open)
  return EXIT.done
}

async function logs(
  { io }: Context,
  options: { follow?: true; lines: number; server?: true; worker?: true },
): Promise<ExitCode> {
  const [{ engineLogs }, { showLogs }] = await Promise.all([
    import('../../../client/embedded-engine/engine.js'),
    import('../../output/logs.js'),
  ])
  const both = options.server === undefined && options.worker === undefined
  const files = engineLogs().filter(({ name }) => both || (name !== 'supervisor' && options[name] === true))
  await showLogs(files, {
    lines: options.lines,
    follow: options.follow === true,
    print: (line) => io.out(line),
  })
  return EXIT.done
}
