/**
 * How much output a host may send. Each limit is far above what any command of ours writes, and far below what would
 * harm a worker.
 */

const KIB = 1024
const MIB = 1024 * KIB

/** A stream of a command. */
export type OutputStream = 'standard output' | 'standard error'

/** Bytes that one command may write to each stream, including noise from login shells. */
export const OUTPUT_LIMITS: Readonly<Record<OutputStream, number>> = {
  'standard output': 16 * MIB,
  'standard error': MIB,
}

/** Bytes of a unit's earlier output that are shown to whoever attaches to it. */
export const EARLIER_OUTPUT = MIB

/** Characters that a server may send before the login, in all its messages together. */
export const BANNER_LIMIT = 64 * KIB

/** A limit, as text for messages. */
export function inMiB(bytes: number): string {
  return `${bytes / MIB} MiB`
}
