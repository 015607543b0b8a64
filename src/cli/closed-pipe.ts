/** Nobody reads the output any more: `quorate attach | head` ends then, and says by its exit code what became of the run. */
import { EXIT, type ExitCode } from './exit.js'

let goesOn = false

/** Whether an operation goes on without this process from now on. */
export function operationGoesOn(value: boolean): void {
  goesOn = value
}

/** Left, where an operation goes on; otherwise as if SIGPIPE had ended the process. */
function closedPipeExit(): ExitCode {
  return goesOn ? EXIT.detached : EXIT.closedPipe
}

/** Ends the process when a reader of its output has gone; it is no error of ours. */
export function endOnClosedPipe(streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(closedPipeExit())
      throw error
    })
  }
}
