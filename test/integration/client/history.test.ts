import { describe, expect, it } from 'vitest'
import { historyOf, runBeginningWith } from '../../../src/client/history.js'
import type { Server } from '../../../src/client/server.js'
import { startOperation } from '../../../src/client/start.js'
import { operationOfRun } from '../../../src/operations/workflow-id.js'
import { aCluster } from '../../support/clusters.js'
import { TemporalScene } from '../../support/temporal-scene.js'

const scene = TemporalScene.forFile()
const server = () => {
  const { client } = scene.environment
  return { temporal: client, call: (act: () => Promise<unknown>) => act() } as unknown as Server
}

/** Starts an operation, and ends it without a worker. */
async function past(kind: 'apply' | 'snapshot', name: string): Promise<string> {
  const { client } = scene.environment
  const { workflowId, runId } = await startOperation(client, kind, aCluster({ name }))
  await client.workflow.getHandle(workflowId, runId).terminate('it is the past')
  return runId
}

describe('the history of a cluster', () => {
  it('has its operations and nobody else’s, the newest first', async () => {
    const first = await past('apply', 'prod')
    const second = await past('snapshot', 'prod')
    await past('apply', 'other')
    const list = () => historyOf(server(), 'prod', 10)
    await expect.poll(async () => (await list()).length, { timeout: 20_000 }).toBe(2)
    expect(await list()).toMatchObject([
      { runId: second, kind: 'snapshot', status: 'TERMINATED', cluster: 'prod' },
      { runId: first, kind: 'apply', status: 'TERMINATED', cluster: 'prod' },
    ])
    expect((await list())[0]?.startedBy).toMatch(/@/)
    expect(await historyOf(server(), 'prod', 1)).toMatchObject([{ runId: second }])
    const found = await runBeginningWith(server(), 'prod', operationOfRun(first))
    expect(found).toEqual({ workflowId: 'cluster/prod', runId: first })
    await expect(runBeginningWith(server(), 'prod', 'ffff')).rejects.toMatchObject({
      code: 'OPERATION_NOT_FOUND',
    })
    await expect(runBeginningWith(server(), 'prod', '')).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('is empty for a name that no cluster can have, whatever it is made of', async () => {
    expect(await historyOf(server(), "x' OR WorkflowId = 'cluster/prod", 10)).toEqual([])
  })
})
