/** What is said of operations when their engine is stopped. */
import type { Io } from '../../io.js'

/** @param clusters names of the clusters whose operation is open. */
export function noteWaiting(io: Io, clusters: readonly string[]): void {
  const [first] = clusters
  if (first === undefined) return
  io.note(
    `${clusters.join(', ')}: stopped; \`quorate attach ${first}\` starts the engine again, and it continues`,
  )
}
