/** Errors of snapshots of etcd, and of what else is done to keep its data. */
import type { ErrorDefinition } from './definition.js'

export const SNAPSHOT_ERRORS = {
  SNAPSHOT_FAILED: {
    meaning: 'No valid snapshot of etcd could be taken or kept.',
    source: 'environment',
    remedy: 'operator',
    hint: "check the member's health and the space in /var/lib/etcd and /var/lib/quorate, then retry",
  },
  SNAPSHOT_BEHIND: {
    meaning: 'A snapshot of etcd has a lower revision than an earlier one of the same etcd.',
    source: 'environment',
    remedy: 'operator',
    hint: 'find out why etcd went back; if it was restored on purpose, take the snapshot with --accept-lower-revision',
  },
  SNAPSHOT_NOT_COPIED: {
    meaning: 'A snapshot of etcd is on one host only, because no other host could keep it.',
    source: 'environment',
    remedy: 'operator',
    hint: 'fix what the hosts report, then take another; the one that was taken stays where it is',
  },
  SNAPSHOT_UNKNOWN: {
    meaning: 'No place has a snapshot of that name.',
    source: 'user',
    remedy: 'operator',
    hint: '`quorate etcd snapshot list` shows their names',
  },
  COPY_FAILED: {
    meaning:
      'A place outside the cluster does not answer, or did not take an archive of a snapshot as a whole.',
    source: 'environment',
    remedy: 'retry',
    hint: "make sure that the worker's machine reaches the place, then retry",
  },
  COPY_REFUSED: {
    meaning: 'A place outside the cluster refuses to take, show or give back archives of snapshots.',
    source: 'user',
    remedy: 'operator',
    hint: 'correct spec.etcd.snapshots.copies, or make room or give rights in that place, then retry',
  },
} as const satisfies Record<string, ErrorDefinition>
