/** Who is told when a run needs somebody or has ended, and how. */
import type { SecretSource } from './ssh-login.js'

/**
 * What can be told. `parked`: a run waits for a decision. `failed`: it ended without doing what was asked; an abort and a
 * cancel count. `done`: it ended well. `finding`: what is done by the clock has found something, or was skipped.
 */
export const NOTIFIED_EVENTS = ['parked', 'failed', 'done', 'finding'] as const

export type NotifiedEvent = (typeof NOTIFIED_EVENTS)[number]

/** What is told unless the file says otherwise. */
export const DEFAULT_EVENTS: readonly NotifiedEvent[] = ['parked', 'failed', 'finding']

/** An HTTP endpoint that gets a POST with a JSON body. */
export interface Webhook {
  readonly kind: 'webhook'
  /** The URL, or where it is: those of chat services are secrets. */
  readonly url: string | SecretSource
  /** Signs the body. */
  readonly secret?: SecretSource
}

/** A program on the worker's machine that gets the JSON body on its standard input. No shell is involved. */
export interface NotifiedCommand {
  readonly kind: 'command'
  /** The absolute path of the program, and its arguments. */
  readonly argv: readonly string[]
}

export type Destination = Webhook | NotifiedCommand

/** An entry of `spec.notifications`. */
export interface Notification {
  readonly on: readonly NotifiedEvent[]
  readonly to: Destination
}

/** How people know a destination. It names no more of a webhook than its host: the rest of a URL may be a secret. */
export function destinationTitle(destination: Destination): string {
  if (destination.kind === 'command') return `command ${destination.argv[0] ?? ''}`
  const { url } = destination
  if (typeof url === 'string') return `webhook ${URL.canParse(url) ? new URL(url).host : ''}`.trim()
  if ('env' in url) return `webhook at the URL in ${url.env}`
  return 'file' in url ? `webhook at the URL in ${url.file}` : 'webhook'
}

/** Whether notifications may go there: over https, or over http to this machine itself; without a login in the URL. */
export function isWebhookUrl(text: string): boolean {
  if (/\s/.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (hostname === '' || username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isThisMachine(hostname))
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
