/** Errors of the cluster file and of what it asks for. */
import type { ErrorDefinition } from './definition.js'

export const CLUSTER_FILE_ERRORS = {
  CLUSTER_FILE_UNREADABLE: {
    source: 'user',
    remedy: 'operator',
    hint: 'check the path; `quorate init` writes a new cluster file',
  },
  CLUSTER_FILE_INVALID: {
    source: 'user',
    remedy: 'operator',
    hint: 'correct the fields named above; `quorate validate` checks again without touching a host',
  },
  VERSION_UNSUPPORTED: {
    source: 'user',
    remedy: 'operator',
    hint: 'set kubernetes.version to a supported minor',
  },
} as const satisfies Record<string, ErrorDefinition>
