/** What schedules start: the operation, or nothing while another one holds the cluster. */
import type { Client } from '@temporalio/client'
import { startOperation } from '../../../src/client/start.js'
import { operationWorkflowId } from '../../../src/operations/workflow-id.js'
import { aCluster } from '../clusters.js'
import { fakeActivities } from '../fake-activities.js'
import { joinedFacts } from '../standings.js'
import { apply, telling, type Recording } from './recording.js'
import { named, running } from './topologies.js'

interface Started {
  readonly workflowId: string
}

const small = (name: string) => aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1', 'lb1') })

/** By name, which is also the name of the file. */
export const SCHEDULED: Readonly<Record<string, (name: string) => Recording>> = {
  'schedule-starts': (name) => {
    const cluster = small(name)
    const untilDone = async (client: Client) => {
      await client.workflow.getHandle(operationWorkflowId(name)).result()
    }
    return apply(
      cluster,
      { ...running(cluster), ...telling(joinedFacts(cluster)) },
      { dispatches: 'snapshot', after: untilDone },
    )
  },
  'schedule-skipped': (name) => {
    const cluster = small(name)
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const { gatherFacts } = fakeActivities().activities
    return apply(
      cluster,
      {
        gatherFacts: (...args) =>
          held.then(() => (gatherFacts as (...all: unknown[]) => Promise<unknown>)(...args)),
      },
      {
        dispatches: 'snapshot',
        before: (client) => startOperation(client, 'apply', cluster),
        after: async (client) => {
          letGo()
          await client.workflow.getHandle(operationWorkflowId(name)).result()
        },
      },
    )
  },
  'schedule-plan': (name) => {
    const cluster = small(name)
    let started: Started = { workflowId: '' }
    return apply(
      cluster,
      { ...running(cluster), ...telling(joinedFacts(cluster)) },
      {
        dispatches: 'drift',
        talk: async (run) => void (started = (await run.result()) as Started),
        after: (client) => client.workflow.getHandle(started.workflowId).result(),
      },
    )
  },
}
