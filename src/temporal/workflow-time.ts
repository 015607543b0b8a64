/** How long workflow code may run without yielding. */

/**
 * For a worker's options. When V8 is stopped in the middle of promises that async hooks watch, Node.js aborts the
 * process ("async hook stack has become corrupted"). So the SDK's default of 5 s kills the worker of a large cluster on
 * a busy machine. The option has no public type.
 */
export const WORKFLOW_TIME = { isolateExecutionTimeout: '10m' } as const
