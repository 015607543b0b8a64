/** The registry of error codes: for each, who is at the root of it, what can fix it, and what to do now. */
import { CLUSTER_FILE_ERRORS } from './cluster-file.js'
import { HOST_ERRORS } from './host.js'
import { KUBERNETES_ERRORS } from './kubernetes.js'
import { PREFLIGHT_ERRORS } from './preflight.js'
import { SSH_ERRORS } from './ssh.js'
import { STANDING_ERRORS } from './standing.js'
import { TEMPORAL_ERRORS } from './temporal.js'

/** Who is at the root of an error: the person's input, the world around, or Quorate itself. */
export type ErrorSource = 'user' | 'environment' | 'bug'

/** What can fix an error: waiting and trying again, or only a person's hand. */
export type Remedy = 'retry' | 'operator'

/** What the registry knows of a code. */
export interface ErrorDefinition {
  readonly source: ErrorSource
  readonly remedy: Remedy
  /** What to do now, where the place that throws knows nothing better. */
  readonly hint: string
}

/** Every error code there is. Codes are stable: scripts may rely on them. */
export const ERRORS = {
  ...CLUSTER_FILE_ERRORS,
  ...SSH_ERRORS,
  ...HOST_ERRORS,
  ...PREFLIGHT_ERRORS,
  ...KUBERNETES_ERRORS,
  ...STANDING_ERRORS,
  ...TEMPORAL_ERRORS,
  INTERNAL: {
    source: 'bug',
    remedy: 'operator',
    hint: 'this is a bug in quorate; run again with --verbose and report the output',
  },
} as const satisfies Record<string, ErrorDefinition>

/** A stable error code. */
export type ErrorCode = keyof typeof ERRORS
