/** Errors of restores of etcd: refusals before anything is stopped, and steps that cannot go on. */
import type { ErrorDefinition } from './definition.js'

export const RESTORE_ERRORS = {
  RESTORE_REFUSED: {
    meaning: 'etcd cannot be restored like that, and nothing was changed.',
    source: 'user',
    remedy: 'operator',
    hint: 'see docs/etcd-restore.md; `quorate etcd snapshot list` shows what could be restored',
  },
  SNAPSHOT_DAMAGED: {
    meaning: 'A snapshot of etcd is not what was written down of it, or was cut off.',
    source: 'environment',
    remedy: 'operator',
    hint: 'name another snapshot: `quorate etcd snapshot list` shows them; nothing was stopped',
  },
  SNAPSHOT_FOREIGN: {
    meaning: 'A snapshot of etcd is of another cluster, or of an etcd of another version.',
    source: 'user',
    remedy: 'operator',
    hint: 'name another snapshot: `quorate etcd snapshot list` shows them; nothing was stopped',
  },
  ARCHIVE_UNREADABLE: {
    meaning: 'An archive of a snapshot, or the key to it, cannot be read.',
    source: 'user',
    remedy: 'operator',
    hint: "name an archive (`NAME.tar.age`) and the age identity that opens it; both are files on the worker's machine",
  },
  CONTROL_PLANE_RUNS: {
    meaning: 'A component of a control plane that must be stopped goes on running.',
    source: 'environment',
    remedy: 'operator',
    hint: 'look at `crictl ps` and `journalctl -u kubelet` on the host, stop what is named, then retry; or abort, which goes back',
  },
  RESTORE_FAILED: {
    meaning: 'The data of a member of etcd could not be restored, or the member does not run with them.',
    source: 'environment',
    remedy: 'operator',
    hint: 'fix what is reported, then retry; before API servers start, aborting goes back to the old data',
  },
} as const satisfies Record<string, ErrorDefinition>
