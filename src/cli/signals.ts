/** Signals while an operation is shown: the first Ctrl-C leaves in order, and what ends the process tidies up before. */
import { EXIT } from './exit.js'

const ENDING = ['SIGTERM', 'SIGHUP'] as const

export interface Signals {
  /** Aborted by the first Ctrl-C; the second ends the process at once. */
  readonly interrupted: AbortSignal
  release(): void
}

/** Listens until released. @param tidyUp before the process ends by a signal, such as giving the cursor back. */
export function listenForSignals(tidyUp: () => void): Signals {
  const controller = new AbortController()
  const onInterrupt = (): void => {
    if (!controller.signal.aborted) {
      controller.abort()
      return
    }
    tidyUp()
    process.exit(EXIT.detached)
  }
  const onEnd = (signal: NodeJS.Signals): void => {
    tidyUp()
    release()
    // Without a listener the signal does what it does to every program.
    process.kill(process.pid, signal)
  }
  const release = (): void => {
    process.off('SIGINT', onInterrupt)
    for (const signal of ENDING) process.off(signal, onEnd)
  }
  process.on('SIGINT', onInterrupt)
  for (const signal of ENDING) process.on(signal, onEnd)
  return { interrupted: controller.signal, release }
}
