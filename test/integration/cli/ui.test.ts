/** `quorate ui` as a process: what it prints, and that nothing of it outlives it, whatever ends it. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EmbeddedEngine } from '../../support/embedded-engine.js'
import { eventually } from '../../support/eventually.js'
import type { Running } from '../../support/process.js'
import { quorate, startQuorate } from '../../support/quorate.js'

let engine: EmbeddedEngine
beforeAll(async () => {
  engine = await EmbeddedEngine.start()
})
afterAll(() => engine.remove())

async function startUi(): Promise<Running> {
  const ui = startQuorate(['ui'], engine.environment)
  await eventually(
    () => /^Temporal UI {2}http:\/\/127\.0\.0\.1:\d+\/login\?token=/m.test(ui.output()),
    'a link',
  )
  return ui
}

/** Processes that a process started, and what these started. */
function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((each) => Number.isInteger(each) && parentOf(each) === pid)
  return [...children, ...children.flatMap(descendants)]
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'quorate ui leaves no process behind after %s',
  async (signal) => {
    const ui = await startUi()
    const started = descendants(ui.child.pid ?? 0)
    expect(started.length).toBeGreaterThan(1)
    ui.child.kill(signal)
    await eventually(() => started.every((pid) => parentOf(pid) === undefined), 'all of it ends')
  },
)

it('quorate ui rejects a cluster that was never applied and opens nothing', async () => {
  const { exitCode, stderr } = await quorate(['ui', 'nowhere'], engine.environment)
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('(OPERATION_NOT_FOUND)')])
})
