/** What a schedule hands to its runs is sealed once: it is good for that, and for nothing else. */
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Payload } from '@temporalio/common'
import { parse, stringify } from 'yaml'
import { describe, expect, it } from 'vitest'
import { listSchedules } from '../../../src/client/schedules/list.js'
import { syncSchedules } from '../../../src/client/schedules/sync.js'
import type { Cluster } from '../../../src/cluster/model.js'
import { DISPATCHER, dispatcherId, scheduleId } from '../../../src/operations/schedule/schedules.js'
import { TASK_QUEUE } from '../../../src/operations/task-queue.js'
import { connect } from '../../../src/temporal/connection.js'
import { newKey, type KeyFile } from '../../../src/temporal/seal/key-file.js'
import { PATIENCE, SealScene } from './scene.js'

const scene = SealScene.forFile()
const RARELY = { cron: '0 0 29 feb *', timeZone: 'UTC' }
const FILE = 'kind: Cluster\n'

async function scheduled(): Promise<Cluster> {
  const cluster = { ...scene.cluster(), schedules: { drift: RARELY } }
  await syncSchedules(scene.owner.client, cluster, FILE)
  return cluster
}

/** What anyone who reaches the server reads of a schedule. */
async function payloadsOf({ name }: Cluster): Promise<Payload[]> {
  const { raw } = await scene.stranger.schedule.getHandle(scheduleId(name, 'drift')).describe()
  return raw.schedule?.action?.startWorkflow?.input?.payloads ?? []
}

/** Starts a workflow with payloads as they are, as a stranger; how its run ended. */
async function startWith(workflowType: string, workflowId: string, payloads: Payload[]): Promise<string> {
  scene.journal = []
  const { runId } = await scene.stranger.workflowService.startWorkflowExecution({
    ...{ namespace: 'default', workflowId, requestId: randomUUID() },
    workflowType: { name: workflowType },
    taskQueue: { name: TASK_QUEUE },
    input: { payloads },
  })
  const handle = scene.stranger.workflow.getHandle(workflowId, runId)
  return handle.result().then(
    () => 'done',
    (error: unknown) => String((error as Error).cause),
  )
}

describe('what a schedule hands to its runs', () => {
  it('starts its operation under the ids that the server makes for it', async () => {
    const cluster = await scheduled()
    const { name } = cluster
    await scene.owner.client.schedule.getHandle(scheduleId(name, 'drift')).trigger()
    const end = async () => (await listSchedules(scene.owner.client, name))[0]?.last?.end
    await expect.poll(end, PATIENCE).toBe('done')
  })

  it('is refused under another id: of another cluster, kind or operation', async () => {
    const cluster = await scheduled()
    const payloads = await payloadsOf(cluster)
    const at = '-2026-11-27T03:00:00Z'
    for (const id of [
      `${dispatcherId('another', 'drift')}${at}`,
      `${dispatcherId(cluster.name, 'snapshot')}${at}`,
      `cluster/${cluster.name}`,
      `${dispatcherId(cluster.name, 'drift')}-${at}`,
    ])
      expect(await startWith(DISPATCHER, id, payloads)).toMatch(/sealed for something else/)
    expect(scene.journal).toEqual([])
  })

  it('is refused by other workflows, and without its ticket', async () => {
    const cluster = await scheduled()
    const [input, ticket] = await payloadsOf(cluster)
    if (input === undefined || ticket === undefined) throw new Error('the schedule has no input')
    const id = dispatcherId(cluster.name, 'drift')
    expect(await startWith('applyCluster', id, [input, ticket])).toMatch(`its ticket is for ${DISPATCHER}`)
    expect(await startWith(DISPATCHER, id, [input])).toMatch(/sealed for something else/)
    expect(scene.journal).toEqual([])
  })

  it('is refused where a stranger made it up', async () => {
    const cluster = { ...scene.cluster(), schedules: { drift: RARELY } }
    await syncSchedules(scene.stranger, cluster, FILE)
    await scene.stranger.schedule.getHandle(scheduleId(cluster.name, 'drift')).trigger()
    const last = async () => (await listSchedules(scene.owner.client, cluster.name))[0]?.last
    await expect.poll(async () => (await last())?.end, PATIENCE).toBe('failed')
    expect((await last())?.error).toMatchObject({ code: 'UNSEALED' })
    // The owner's next sync takes it over.
    const changes = await syncSchedules(scene.owner.client, cluster, FILE)
    expect(changes).toEqual([{ kind: 'drift', change: 'updated' }])
  })

  it('is sealed again by a sync once another key seals', async () => {
    const cluster = await scheduled()
    const file = parse(readFileSync(scene.keyFile, 'utf8')) as KeyFile
    const rotated = `${scene.keyFile}.rotated`
    writeFileSync(rotated, stringify({ ...file, keys: [newKey(), ...file.keys] }), { mode: 0o600 })
    const owner = await connect(scene.settings(rotated))
    try {
      expect(await syncSchedules(owner.client, cluster, FILE)).toEqual([{ kind: 'drift', change: 'updated' }])
      expect(await syncSchedules(owner.client, cluster, FILE)).toEqual([])
    } finally {
      await owner.close()
    }
  })
})
