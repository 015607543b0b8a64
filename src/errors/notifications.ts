/** Errors of telling people. */
import type { ErrorDefinition } from './definition.js'

export const NOTIFICATION_ERRORS = {
  NOTIFICATION_FAILED: {
    meaning: 'A notification was not delivered.',
    source: 'environment',
    remedy: 'retry',
    hint: 'check the destination in spec.notifications, then run `quorate notifications test`',
  },
} as const satisfies Record<string, ErrorDefinition>
