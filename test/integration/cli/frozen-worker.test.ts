/** A worker that lives and does nothing, as after SIGSTOP, is reported and replaced by the engine's supervisor. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { identify } from '../../../src/engine/process.js'
import { EmbeddedEngine } from '../../support/embedded-engine.js'
import { eventually } from '../../support/eventually.js'
import { quorate } from '../../support/quorate.js'

/** A minute of looks, and time for a busy machine. */
const PATIENCE_MS = 180_000

let engine: EmbeddedEngine
beforeAll(async () => {
  engine = await EmbeddedEngine.start()
})
afterAll(() => engine.remove())

it('a frozen worker is replaced, and the engine says so first', { timeout: 2 * PATIENCE_MS }, async () => {
  const { worker, server } = engine.record
  process.kill(worker.pid, 'SIGSTOP')
  await eventually(() => engine.record.worker.pid !== worker.pid, 'another worker runs', PATIENCE_MS)
  expect(identify(worker.pid)).toBeUndefined()
  expect(engine.record.server.pid).toBe(server.pid)
  const { stdout } = await quorate(['engine', 'logs', '-n', '500'], engine.environment)
  expect(stdout).toContain(
    `the worker (pid ${worker.pid}) is frozen: it is alive, but has done nothing for a minute`,
  )
  await eventually(async () => {
    const { exitCode } = await quorate(['engine', 'status'], engine.environment)
    return exitCode === 0
  }, 'the engine is whole again')
})
