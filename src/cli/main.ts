/** The `quorate` program: parses the command line, runs the command, and turns errors into words and exit codes. */
import { CommanderError } from '@commander-js/extra-typings'
import { isQuorateError, QuorateError, reportError, type ErrorReport } from '../errors/index.js'
import { colourChoiceIn } from './abilities.js'
import { endOnClosedPipe } from './closed-pipe.js'
import { EXIT, exitCodeOf } from './exit.js'
import { processIo } from './io.js'
import { renderReport } from './output/report.js'
import { argumentsToParse, buildProgram } from './program.js'

const argv = process.argv.slice(2)

endOnClosedPipe([process.stdout, process.stderr])

try {
  const program = await buildProgram(argv)
  if (argv.length === 0) program.outputHelp()
  else await program.parseAsync(argumentsToParse(program, argv), { from: 'user' })
} catch (error) {
  process.exitCode = error instanceof CommanderError ? usageExit(error) : fail(error)
}

/** Commander has already printed its message. With --json, programs also get it as JSON, like every other error. */
function usageExit({ exitCode, code, message }: CommanderError): number {
  if (exitCode === 0) return EXIT.done
  if (argv.includes('--json')) {
    const isMissing = code === 'commander.help'
    const error = new QuorateError(
      'USAGE',
      isMissing ? 'no command was given' : message.replace(/^error: /, ''),
    )
    processIo({ colour: colourChoiceIn(argv) }).json(reported(reportError(error)))
  }
  return EXIT.usage
}

function reported(error: ErrorReport): object {
  return { time: new Date().toISOString(), type: 'error', error }
}

function fail(error: unknown): number {
  const io = processIo({ colour: colourChoiceIn(argv) })
  const report = reportError(error)
  if (argv.includes('--json')) {
    io.json(reported(report))
  } else {
    const verbose = argv.includes('--verbose')
    renderReport(report, io.style, { verbose }).forEach((line) => io.note(line))
    if (verbose) io.note(traceOf(error))
    else if (!isQuorateError(error)) io.note(io.style.dim('  --verbose shows where it happened'))
  }
  return exitCodeOf(error)
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? error.message
  return error.cause === undefined ? own : `${own}\ncaused by ${traceOf(error.cause)}`
}
