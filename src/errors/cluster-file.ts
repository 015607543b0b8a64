/** Errors of the cluster file and of what it asks for. */
import type { ErrorDefinition } from './definition.js'

export const CLUSTER_FILE_ERRORS = {
  CLUSTER_FILE_UNREADABLE: {
    meaning: 'The cluster file cannot be found or read.',
    source: 'user',
    remedy: 'operator',
    hint: 'check the path; `quorate init` writes a new cluster file',
  },
  CLUSTER_FILE_INVALID: {
    meaning: 'The cluster file has mistakes; each is listed with its line and column.',
    source: 'user',
    remedy: 'operator',
    hint: 'correct the fields named above; run `quorate validate` to check again without touching a host',
  },
  VERSION_UNSUPPORTED: {
    meaning: 'This release of Quorate does not support the Kubernetes version.',
    source: 'user',
    remedy: 'operator',
    hint: 'set kubernetes.version to a supported minor',
  },
} as const satisfies Record<string, ErrorDefinition>
