/** The contract of the workflow that delivers a notification, and its place among the others. */
import type { Destination, Notification } from '../../cluster/notifications.js'
import { TOLD_AS, type NotificationEvent } from './event.js'

/** The type of the workflow that delivers one event to one destination. It is stable, because histories contain it. */
export const NOTIFIER = 'deliverNotification'

/** What it is given. */
export interface DeliveryInput {
  readonly to: Destination
  readonly event: NotificationEvent
}

/** What the destination has answered, in words, e.g. `answered 204`. */
export interface Delivered {
  readonly answer: string
}

/** A delivery: to which entry of the file, counted from 1. */
export interface Delivery extends DeliveryInput {
  readonly workflowId: string
}

/** The deliveries of an event to those who are to be told. */
export function deliveriesOf(
  notifications: readonly Notification[],
  told: NotificationEvent,
): readonly Delivery[] {
  return notifications.flatMap(({ on, to }, index) => {
    if (told.event !== 'test' && !on.includes(TOLD_AS[told.event])) return []
    const { cluster, event, id } = told
    return [{ workflowId: `notify/${cluster}/${event}/${id}/${index + 1}`, to, event: told }]
  })
}

/** What the ID of a delivery says; undefined for a workflow of another kind. */
export function deliveryOf(
  workflowId: string,
): { readonly cluster: string; readonly event: string; readonly entry: number } | undefined {
  const [kind, cluster, event, , entry] = workflowId.split('/')
  if (kind !== 'notify' || cluster === undefined || event === undefined) return undefined
  return { cluster, event, entry: Number(entry) }
}
