/**
 * What to do when nobody reads the output any more: `quorate attach | head` then ends, and its exit code says what
 * became of the run.
 */
import { EXIT, type ExitCode } from './exit.js'

let goesOn = false

/** Whether an operation goes on without this process from now on. */
export function operationGoesOn(value: boolean): void {
  goesOn = value
}

/** `detached` if an operation goes on; otherwise as if SIGPIPE had ended the process. */
function closedPipeExit(): ExitCode {
  return goesOn ? EXIT.detached : EXIT.closedPipe
}

/** Ends the process when the reader of its output is gone, which is not an error. */
export function endOnClosedPipe(streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(closedPipeExit())
      throw error
    })
  }
}
