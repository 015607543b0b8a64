/** How much a host may say. Each limit is far above what any command of ours writes, and far below what harms a worker. */

const KIB = 1024
const MIB = 1024 * KIB

/** A stream of a command. */
export type OutputStream = 'standard output' | 'standard error'

/** Bytes of each stream that one command may write, noise of login shells included. */
export const OUTPUT_LIMITS: Readonly<Record<OutputStream, number>> = {
  'standard output': 16 * MIB,
  'standard error': MIB,
}

/** Bytes of a unit's earlier output that are shown to whoever attaches to it. */
export const EARLIER_OUTPUT = MIB

/** Characters of what a server says before the login, over all its messages. */
export const BANNER_LIMIT = 64 * KIB

/** A limit, in words. */
export function inMiB(bytes: number): string {
  return `${bytes / MIB} MiB`
}
