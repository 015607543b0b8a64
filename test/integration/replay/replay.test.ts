import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from '@temporalio/worker'
import { describe, expect, it } from 'vitest'
import { workflowBundle } from '../../../src/temporal/bundle.js'

const HISTORIES = fileURLToPath(new URL('../../histories/', import.meta.url))
const recorded = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.json'),
)

function historyIn(file: string): { events: Record<string, unknown>[] } {
  return JSON.parse(readFileSync(join(HISTORIES, file), 'utf8')) as { events: Record<string, unknown>[] }
}

describe('the workflows of today', () => {
  it.each(recorded)('replay what was recorded of real runs: %s', async (file) => {
    await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, historyIn(file))
  })

  it('would be caught if they did something else than what was recorded', async () => {
    const history = historyIn(recorded[0] ?? '')
    const altered = JSON.parse(
      JSON.stringify(history).replaceAll('"name":"gatherFacts"', '"name":"somethingElse"'),
    ) as object
    await expect(
      Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, altered),
    ).rejects.toThrow(/[Nn]ondeterminism/)
  })
})
