/** Delivers one event to one destination, for as long as it is news. */
import { destinationTitle } from '../../cluster/notifications.js'
import type { Delivered, DeliveryInput } from '../../operations/notifications/delivery.js'
import { activities } from '../run/activity-policies.js'
import { failWith, reportFailure, rethrowCancellation } from '../run/failure.js'

/** Workflow: tries until the destination has taken the event. A test is tried once: somebody waits for the answer. */
export async function deliverNotification({ to, event }: DeliveryInput): Promise<Delivered> {
  const policy = event.event === 'test' ? 'try' : 'deliver'
  try {
    return await activities(policy, destinationTitle(to)).sendNotification(to, event)
  } catch (error) {
    rethrowCancellation(error)
    throw failWith([reportFailure(error)])
  }
}
