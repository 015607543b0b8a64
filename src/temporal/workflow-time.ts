/** How long workflow code may compute at a stretch. */

/**
 * For a worker's options. Node.js aborts the process where V8 is stopped amid promises while async hooks watch it
 * ("async hook stack has become corrupted"), so that the SDK's default of 5 s kills the worker of a large cluster on a
 * busy machine. The option has no public type.
 */
export const WORKFLOW_TIME = { isolateExecutionTimeout: '10m' } as const
