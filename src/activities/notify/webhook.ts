/** Posts an event to a webhook. */
import { destinationTitle, isWebhookUrl, type Webhook } from '../../cluster/notifications.js'
import { QuorateError } from '../../errors/index.js'
import type { NotificationEvent } from '../../operations/notifications/event.js'
import { Secrets } from '../../ssh/index.js'
import { signatureOf } from './signature.js'

/** Milliseconds until an answer must be there. */
const PATIENCE_MS = 20_000

/**
 * Secrets are read for each attempt. Neither errors nor logs have the URL, which may be a secret, or what was answered.
 * @returns the status of the answer.
 * @throws QuorateError `NOTIFICATION_FAILED`, `SECRET_NEEDED`
 */
export async function postEvent(
  webhook: Webhook,
  event: NotificationEvent,
  signal: AbortSignal,
): Promise<number> {
  const title = destinationTitle(webhook)
  const secrets = new Secrets()
  const url =
    typeof webhook.url === 'string'
      ? webhook.url
      : await secrets.read(webhook.url, 'the URL of a webhook', title)
  if (!isWebhookUrl(url))
    throw notDelivered(`${title}: that is not a URL of https, or of http to this machine`)
  const body = JSON.stringify(event)
  const { secret } = webhook
  const key = secret === undefined ? undefined : await secrets.read(secret, 'the secret of a webhook', title)
  const response = await post(title, url, signal, {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'quorate',
      'quorate-event-id': event.id,
      ...(key === undefined ? {} : { 'quorate-signature': signatureOf(body, key, Date.now()) }),
    },
  })
  // Only the status matters; the rest of the answer is not even read.
  await response.body?.cancel()
  const { status } = response
  if (!response.ok) throw notDelivered(`${title} answered ${status}`)
  return status
}

async function post(
  title: string,
  url: string,
  signal: AbortSignal,
  request: { readonly body: string; readonly headers: Record<string, string> },
): Promise<Response> {
  const limit = AbortSignal.timeout(PATIENCE_MS)
  try {
    // A redirect could lead the signed body anywhere.
    return await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([signal, limit]),
      ...request,
    })
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw notDelivered(`${title}: ${limit.aborted ? 'no answer in time' : reasonOf(cause)}`)
  }
}

/** The code of the network's or TLS's own error, such as `ECONNREFUSED`: messages may repeat the URL. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : 'it cannot be reached'
}

export function notDelivered(message: string): QuorateError {
  return new QuorateError('NOTIFICATION_FAILED', message)
}
