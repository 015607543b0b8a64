/** What the engine's processes leave behind: logs, the worker's pulse, and the words of a server that does not start. */
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { holdersOf } from '../../../src/engine/holders.js'
import { engineHome } from '../../../src/engine/home.js'
import { lastLines, trimLog } from '../../../src/engine/logs.js'
import { PulseWatch } from '../../../src/engine/pulse.js'
import { mayStartAgain, serverFailure } from '../../../src/engine/server-failure.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('an engine log', () => {
  it('is restarted when it grows too long, while its process keeps writing to it', () => {
    const log = join(folder, 'a.log')
    const file = openSync(log, 'a')
    writeFileSync(file, 'old line\n'.repeat(10))
    trimLog(log, 50)
    appendFileSync(file, 'new line\n')
    closeSync(file)
    expect(readFileSync(log, 'utf8')).toBe('new line\n')
    expect(readFileSync(`${log}.1`, 'utf8')).toBe('old line\n'.repeat(10))
  })

  it('returns its last lines, from one start only on request', () => {
    const log = join(folder, 'a.log')
    writeFileSync(log, 'one\ntwo\nthree\n')
    expect(lastLines(log, 2)).toBe('two\nthree')
    expect(lastLines(log, 9, 'one\ntwo\n'.length)).toBe('three')
  })
})

describe('the pulse of a worker', () => {
  const looks = (watch: PulseWatch, count: number): boolean[] =>
    Array.from({ length: count }, () => watch.look({ workerPulse: join(folder, 'pulse') }, 7))

  it('shows that the worker is frozen after a minute without a beat', () => {
    writeFileSync(join(folder, 'pulse'), '7 1\n')
    const seen = looks(new PulseWatch(), 61)
    expect(seen.slice(0, 60)).not.toContain(true)
    expect(seen[60]).toBe(true)
  })

  it('does not look frozen while it beats, however slowly', () => {
    const watch = new PulseWatch()
    for (const beat of [1, 2, 3]) {
      writeFileSync(join(folder, 'pulse'), `7 ${beat}\n`)
      expect(looks(watch, 59)).not.toContain(true)
    }
  })

  it('says nothing if it is missing or belongs to another worker', () => {
    expect(looks(new PulseWatch(), 100)).not.toContain(true)
    writeFileSync(join(folder, 'pulse'), '8 1\n')
    expect(looks(new PulseWatch(), 100)).not.toContain(true)
  })
})

describe('a server that fails to start', () => {
  const home = () => engineHome({ QUORATE_HOME: folder })
  const failureFor = (words: string) => {
    writeFileSync(home().serverLog, `of the last start: file is not a database (26)\n`)
    const start = statSync(home().serverLog).size
    appendFileSync(home().serverLog, `${words}\n`)
    return serverFailure(home(), 'the Temporal server ended while it started', start)
  }

  it('because its database is damaged says how to continue without it', () => {
    const error = failureFor('failed setting up: file is not a database (26)')
    expect(error.code).toBe('ENGINE_DATABASE_DAMAGED')
    expect(error.hint).toMatch(/mv .*engine\.db\*.*quorate unlock.*quorate apply/)
  })

  it('because its database is in use names the process', () => {
    const file = openSync(home().database, 'w')
    const child = spawn('sleep', ['60'], { stdio: ['ignore', file, 'ignore'] })
    try {
      const error = failureFor('database is locked (5) (SQLITE_BUSY)')
      expect(error.code).toBe('ENGINE_DATABASE_IN_USE')
      expect(error.hint).toContain(`kill ${child.pid ?? ''}`)
      expect(holdersOf(home())).toEqual([{ pid: child.pid, files: ['engine.db'] }])
    } finally {
      child.kill('SIGKILL')
      closeSync(file)
    }
  })

  it.each(['panic: listen tcp 127.0.0.1:33471: bind: address already in use', 'fatal error: out of memory'])(
    'says why before a long trace, and may be started again: %s',
    (cause) => {
      const trace = Array.from({ length: 60 }, (_, line) => `  main.frame${line}()`)
      const error = failureFor([cause, '', 'goroutine 1 [running]:', ...trace].join('\n'))
      expect(error.context.output?.split('\n')[0]).toBe(cause)
      expect(error.context.output).toContain('main.frame59()')
      expect(mayStartAgain(error)).toBe(true)
    },
  )

  it('for a reason that stays is not started again', () => {
    expect(mayStartAgain(failureFor('file is not a database (26)'))).toBe(false)
    expect(mayStartAgain(failureFor('Error: unknown flag: --sqlite'))).toBe(false)
  })

  it('for another reason shows its output from this start', () => {
    const error = failureFor('Error: the port is taken')
    expect([error.code, error.context.output]).toEqual(['ENGINE_FAILED', 'Error: the port is taken'])
  })
})
