/** Runs that tell people, and a delivery. */
import type { WorkflowHandle } from '@temporalio/client'
import type { Notification } from '../../../src/cluster/notifications.js'
import { aCluster } from '../clusters.js'
import { eventually } from '../eventually.js'
import { failing, fakeActivities } from '../fake-activities.js'
import { decide } from '../conversation.js'
import { apply, PATIENCE_MS, untilState, type Recording } from './recording.js'
import { named } from './topologies.js'

const WEBHOOK: Notification = {
  on: ['parked', 'done'],
  to: { kind: 'webhook', url: 'https://alerts.lab/quorate', secret: { env: 'WEBHOOK_SECRET' } },
}
const COMMAND: Notification = {
  on: ['parked'],
  to: { kind: 'command', argv: ['/usr/local/bin/page', 'ops'] },
}

const told = { sendNotification: () => Promise.resolve({ answer: 'answered 204' }) }

async function untilTold(run: WorkflowHandle): Promise<void> {
  const isTold = async () => {
    const { events } = await run.fetchHistory()
    return (
      events?.some(({ childWorkflowExecutionStartedEventAttributes }) =>
        Boolean(childWorkflowExecutionStartedEventAttributes),
      ) === true
    )
  }
  await eventually(isTold, `${run.workflowId} has told somebody`, PATIENCE_MS)
}

/** By name, which is also the name of the file. */
export const NOTIFICATIONS: Readonly<Record<string, (name: string) => Recording>> = {
  'apply-notified': (name) => {
    const hosts = named('cp1', 'w1')
    const cluster = aCluster({
      name,
      hosts,
      loadBalancer: { type: 'external' },
      notifications: [WEBHOOK, COMMAND],
    })
    const { joinWorker } = fakeActivities().activities
    return apply(
      cluster,
      { joinWorker: failing(joinWorker, 'w1'), ...told },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await untilTold(run)
          await decide(run, 'retryStep', {})
        },
      },
    )
  },
  'notify-webhook': (name) => {
    const event = {
      version: 1 as const,
      id: '3f0c9a52-8a4e-4b57-9d0e-0a6a3c1f7b11',
      time: '2026-11-28T01:00:00.000Z',
      cluster: name,
      event: 'done' as const,
      text: `${name}: apply is done`,
      operation: 'apply' as const,
      runId: '01a2205b-d02b-74a3-8f7b-3f601e882229',
      problems: [],
      more: 0,
      next: [],
    }
    return apply(aCluster({ name }), told, { delivers: { to: WEBHOOK.to, event } })
  },
}
