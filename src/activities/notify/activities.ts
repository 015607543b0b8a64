/** Telling people. */
import type { Destination } from '../../cluster/notifications.js'
import type { Delivered } from '../../operations/notifications/delivery.js'
import type { NotificationEvent } from '../../operations/notifications/event.js'
import { withoutHost } from '../frame/without-host.js'
import { runCommand } from './command.js'
import { postEvent } from './webhook.js'

/** By the names that workflows call. */
export function notifyActivities() {
  return {
    sendNotification: (to: Destination, event: NotificationEvent): Promise<Delivered> =>
      withoutHost((signal) => send(to, event, signal)),
  }
}

async function send(to: Destination, event: NotificationEvent, signal: AbortSignal): Promise<Delivered> {
  if (to.kind === 'webhook') return { answer: `answered ${await postEvent(to, event, signal)}` }
  await runCommand(to, event, signal)
  return { answer: 'exited with 0' }
}
