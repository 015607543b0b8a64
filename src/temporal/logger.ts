/** The SDK's log (from its native part, workflows and activities) as pino's JSON lines. */
import type { Logger as PinoLogger } from 'pino'
import type { Logger, LogLevel, LogMetadata } from '@temporalio/worker'

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const

/** A logger for the SDK that writes to pino. */
export function temporalLogger(pino: PinoLogger): Logger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata): void => {
    const { error, ...fields } = (meta ?? {}) as Record<string, unknown>
    pino[LEVELS[level]](error === undefined ? fields : { ...fields, err: error }, message)
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
