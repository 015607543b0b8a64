/** The SDK's log, from its own native part, workflows and activities alike, as pino's JSON lines. */
import type { Logger as PinoLogger } from 'pino'
import type { Logger, LogLevel, LogMetadata } from '@temporalio/worker'

/** A logger for the SDK that writes to pino. */
export function temporalLogger(pino: PinoLogger): Logger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata): void => {
    const { error, ...fields } = meta ?? {}
    const data = error === undefined ? fields : { ...fields, err: error }
    switch (level) {
      case 'TRACE':
        return pino.trace(data, message)
      case 'DEBUG':
        return pino.debug(data, message)
      case 'INFO':
        return pino.info(data, message)
      case 'WARN':
        return pino.warn(data, message)
      case 'ERROR':
        return pino.error(data, message)
    }
  }
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  }
}
