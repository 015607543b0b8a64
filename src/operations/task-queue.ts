/** The version of the sequence, and the task queue that goes with it. */

/**
 * Version of the sequence: what the workflows do in which order, with which messages, and how they call activities. A
 * release that could not continue the runs of the release before it raises this number (docs/architecture.md).
 */
const SEQUENCE = 1

/**
 * Task queue of the runs of a sequence. Each sequence has its own queue, so that no worker ever gets a run that its
 * code cannot replay, whichever releases share a server.
 */
export function taskQueueOf(sequence: number): string {
  return `quorate-${sequence}`
}

/** Task queue of the runs that this release starts, and the only one that its workers poll. */
export const TASK_QUEUE = taskQueueOf(SEQUENCE)
