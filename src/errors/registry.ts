/** The registry of error codes: for each, what causes it, what can fix it, and what to do now. */
import type { ErrorDefinition } from './definition.js'
import { CLUSTER_FILE_ERRORS } from './cluster-file.js'
import { HOST_ERRORS } from './host.js'
import { KUBERNETES_ERRORS } from './kubernetes.js'
import { NOTIFICATION_ERRORS } from './notifications.js'
import { PREFLIGHT_ERRORS } from './preflight.js'
import { REBOOT_ERRORS } from './reboot.js'
import { RESTORE_ERRORS } from './restore.js'
import { SNAPSHOT_ERRORS } from './snapshots.js'
import { SSH_ERRORS } from './ssh.js'
import { STANDING_ERRORS } from './standing.js'
import { TEMPORAL_ERRORS } from './temporal.js'
import { UPGRADE_ERRORS } from './upgrade.js'

/** Every error code there is. Codes are stable: scripts may rely on them. */
export const ERRORS = {
  ...CLUSTER_FILE_ERRORS,
  ...SSH_ERRORS,
  ...HOST_ERRORS,
  ...PREFLIGHT_ERRORS,
  ...KUBERNETES_ERRORS,
  ...STANDING_ERRORS,
  ...UPGRADE_ERRORS,
  ...REBOOT_ERRORS,
  ...RESTORE_ERRORS,
  ...SNAPSHOT_ERRORS,
  ...NOTIFICATION_ERRORS,
  ...TEMPORAL_ERRORS,
  INTERNAL: {
    meaning: 'Something happened that Quorate does not expect.',
    source: 'bug',
    remedy: 'operator',
    hint: 'run again with --verbose and report the output: this is a bug in Quorate',
  },
} as const satisfies Record<string, ErrorDefinition>

/** A stable error code. */
export type ErrorCode = keyof typeof ERRORS
