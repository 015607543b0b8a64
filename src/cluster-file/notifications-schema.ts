/** The fields of `spec.notifications`. */
import { z } from 'zod'
import { DEFAULT_EVENTS, NOTIFIED_EVENTS } from '../cluster/notifications.js'
import { text } from './fields.js'
import { storedSecret } from './ssh-settings/schema.js'

const webhook = z
  .strictObject({
    url: text(
      'webhookUrl',
      'URL that gets a POST with the event as JSON. Operations keep it: it is no secret.',
    ).optional(),
    urlFrom: storedSecret(
      'Where the URL is, if knowing it is enough to post there, as with chat services.',
      'WEBHOOK_URL',
      '~/.quorate/webhook-url',
    ).optional(),
    secretFrom: storedSecret(
      'Where the secret is that signs each body, so that the receiver knows who sent it.',
      'WEBHOOK_SECRET',
      '~/.quorate/webhook-secret',
    ).optional(),
  })
  .meta({ description: 'An HTTP endpoint; it is reached from where the worker runs.' })
  .optional()

const command = z
  .array(
    z.string().meta({
      description: 'The absolute path of the program, then its arguments.',
      examples: ['/usr/local/bin/page-somebody'],
    }),
  )
  .min(1)
  .max(64)
  .meta({
    description:
      "A program on the worker's machine; it gets the event as JSON on its standard input. No shell is involved.",
  })
  .optional()

/** `spec.notifications`. */
export const notificationsSchema = z
  .array(
    z.strictObject({
      on: z
        .array(z.enum(NOTIFIED_EVENTS))
        .min(1)
        .default([...DEFAULT_EVENTS])
        .meta({
          description:
            'What is told. parked: a run waits for a decision. failed: it ended without doing what was asked. done: it ended well. finding: what is done by the clock has found something, or was skipped.',
        }),
      webhook,
      command,
    }),
  )
  .min(1)
  .max(20)
  .optional()
  .meta({
    description: 'Who is told when a run needs somebody or has ended: webhooks and commands, each by itself.',
  })
