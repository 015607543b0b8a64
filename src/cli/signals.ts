/**
 * Signals while an operation is shown: the first Ctrl-C leaves cleanly, and signals that end the process tidy up first.
 */
import { EXIT } from './exit.js'

const ENDING = ['SIGTERM', 'SIGHUP'] as const

export interface Signals {
  /** Aborted by the first Ctrl-C; the second ends the process at once. */
  readonly interrupted: AbortSignal
  release(): void
}

/**
 * Listens until released.
 * @param tidyUp called before a signal ends the process, for example to give the cursor back.
 */
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
    // Without a listener the signal has its default effect.
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
