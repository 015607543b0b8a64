/** Our HTTP form of Temporal's API against that of Temporal's own UI server, for one and the same server. */
import { createServer, type Server } from 'node:http'
import { Client } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../src/engine/ports.js'
import { temporalApi } from '../../../src/ui/api.js'
import { eventually } from '../../support/eventually.js'
import { startTemporalWithUi } from '../../support/temporal.js'

const WORKFLOW = '/api/v1/namespaces/default/workflows/cluster%2Fshop'

let environment: TestWorkflowEnvironment
let theirs: string
let ours: string
let server: Server
let client: Client

beforeAll(async () => {
  const uiPort = await freePort()
  environment = await startTemporalWithUi(uiPort)
  client = new Client({ connection: environment.connection })
  const handle = await client.workflow.start('applyCluster', {
    workflowId: 'cluster/shop',
    taskQueue: 'nobody',
    args: [{ name: 'shop', hosts: [] }],
    memo: { startedBy: 'alice@laptop' },
    workflowExecutionTimeout: '90500 milliseconds',
  })
  await handle.signal('pause', { reason: 'lunch' })
  const answer = temporalApi(() => client)
  server = createServer((request, response) => void answer(request, response))
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  theirs = `http://127.0.0.1:${uiPort}`
  ours = `http://127.0.0.1:${port}`
  // It is there before it has found its server, and looks again only after a while.
  const hasServer = async () => (await fetch(`${theirs}/api/v1/cluster-info`)).ok
  await eventually(hasServer, 'the UI server has reached its server')
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await environment.teardown()
})

async function get(base: string, path: string): Promise<unknown> {
  const response = await fetch(`${base}${path}`)
  return [response.status, await response.json()]
}

describe("Temporal's API for the UI", () => {
  it.each([
    '/api/v1/namespaces',
    '/api/v1/namespaces/default',
    '/api/v1/cluster-info',
    '/api/v1/system-info',
    WORKFLOW,
    `${WORKFLOW}/history`,
    `${WORKFLOW}/history?maximumPageSize=1`,
    `${WORKFLOW}/history-reverse`,
    '/api/v1/namespaces/default/workflows?query=WorkflowType%3D%22applyCluster%22&pageSize=10',
    '/api/v1/namespaces/default/workflow-count?query=',
    '/api/v1/namespaces/default/task-queues/nobody?taskQueueType=TASK_QUEUE_TYPE_ACTIVITY&reportPollers=true',
    '/api/v1/namespaces/default/task-queues/nobody?taskQueueType=1',
    '/api/v1/namespaces/default/search-attributes',
    '/api/v1/namespaces/default/schedules',
    '/api/v1/nexus/endpoints',
    '/api/v1/me',
    '/api/v1/namespaces/default/archived-workflows',
  ])('answers %s like the original UI server', async (path) => {
    expect(await get(ours, path)).toEqual(await get(theirs, path))
  })

  it('reports what does not exist with the same status', async () => {
    const path = '/api/v1/namespaces/default/workflows/cluster%2Fother'
    const [[status, error], [expected]] = (await Promise.all([get(ours, path), get(theirs, path)])) as [
      [number, { message: string }],
      [number],
    ]
    expect([status, error.message]).toEqual([expected, 'workflow not found for ID: cluster/other'])
  })

  it('carries out a cancellation from the UI', async () => {
    const body = JSON.stringify({ workflowExecution: { workflowId: 'cluster/shop' }, reason: 'lunch' })
    const response = await fetch(`${ours}${WORKFLOW}/cancel`, { method: 'POST', body })
    expect([response.status, await response.text()]).toEqual([200, '{}'])
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: 'cluster/shop' },
    })
    const asked = history?.events?.map(
      (event) => event.workflowExecutionCancelRequestedEventAttributes?.cause,
    )
    expect(asked).toContain('lunch')
  })

  it('rejects a body that is not JSON or is far too long', async () => {
    for (const body of ['{', JSON.stringify('x'.repeat(5 * 1024 * 1024))]) {
      const response = await fetch(`${ours}${WORKFLOW}/cancel`, { method: 'POST', body })
      expect(response.status).toBe(400)
    }
  })
})
