/** Why the engine's server did not start, judging by what it said about its database. */
import { isQuorateError, QuorateError } from '../errors/index.js'
import { holdersOf } from './holders.js'
import type { EngineHome } from './home.js'
import { lastLines } from './logs.js'

const LINES = 15
/** Why a Go program ends: the trace of all that was going on follows, and may be longer than what is shown. */
const CAUSE = /^(?:panic: |fatal error: ).*|^.*bind: address already in use.*/m
/** SQLite's messages. A database without tables is left behind by a first start that was cut short. */
const LOCKED = /database is locked|SQLITE_BUSY/
const DAMAGED =
  /file is not a database|database disk image is malformed|SQLITE_(NOTADB|CORRUPT)|no such table: namespaces/

/** The error for a server that ended; `logStart` is where its part of the log begins. */
export function serverFailure(home: EngineHome, what: string, logStart: number): QuorateError {
  const said = lastLines(home.serverLog, Number.MAX_SAFE_INTEGER, logStart)
  if (LOCKED.test(said)) return databaseInUse(home)
  if (DAMAGED.test(said)) {
    return new QuorateError(
      'ENGINE_DATABASE_DAMAGED',
      `${home.database} is damaged: ${DAMAGED.exec(said)?.[0] ?? ''}`,
      {
        hint:
          `move it and its companion files away: \`mkdir ${home.folder}/damaged && mv ${home.database}* ${home.folder}/damaged/\`; ` +
          'its runs are lost, but not their work: run `quorate unlock`, then `quorate apply`, which continues from the state of the hosts',
      },
    )
  }
  return new QuorateError('ENGINE_FAILED', what, {
    output: shown(said, lastLines(home.serverLog, LINES, logStart)),
  })
}

/** The last lines, and the cause if they do not have it. */
function shown(said: string, last: string): string {
  const [cause] = CAUSE.exec(said) ?? []
  return cause === undefined || last.includes(cause) ? last : `${cause}\n${last}`
}

/** Whether a server that ended may start where it is tried again: a port was taken meanwhile, or it stumbled by itself. */
export function mayStartAgain(error: unknown): boolean {
  return isQuorateError(error) && error.code === 'ENGINE_FAILED' && CAUSE.test(error.context.output ?? '')
}

/**
 * Makes sure that no process outside the record has the database open.
 * @throws QuorateError `ENGINE_DATABASE_IN_USE`
 */
export function assertFree(home: EngineHome): void {
  if (holdersOf(home).some(({ files }) => files.includes('engine.db'))) throw databaseInUse(home)
}

function databaseInUse(home: EngineHome): QuorateError {
  const holders = holdersOf(home)
  const list = holders.map(({ pid, files }) => `${pid} (${files.join(', ')})`).join(', ')
  const by = list === '' ? 'another process' : `process ${list}`
  const way =
    list === ''
      ? `find it with \`lsof ${home.database}\`, end it`
      : `end what is left of that engine: \`kill ${holders.map(({ pid }) => pid).join(' ')}\``
  return new QuorateError(
    'ENGINE_DATABASE_IN_USE',
    `${home.database} is used by ${by}, which ${home.record} does not record`,
    { hint: `${way}, then try again; operations continue where they were` },
  )
}
