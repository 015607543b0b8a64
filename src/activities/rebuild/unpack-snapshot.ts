/** The snapshot of an archive becomes one that the first control plane keeps, and is verified there. */
import { DATABASE, filesOf, findArchive, smallFiles } from '../../archives/open.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { keepCopy } from '../../hosts/etcd/snapshots/keep.js'
import { PIECE } from '../../hosts/etcd/snapshots/pieces.js'
import type { Seed } from '../../operations/rebuild/request.js'
import type { StepOutcome } from '../../operations/steps.js'

/** Unpacks it. An attempt goes on where the one before has ended. */
export async function unpackSnapshot(context: HostContext, seed: Seed): Promise<StepOutcome> {
  await waitForOthers(context)
  const archive = await findArchive(context.cluster, seed)
  await smallFiles(archive, seed.record)
  const pieces = async function* (from: number) {
    for await (const { name, content } of filesOf(archive)) {
      if (name === DATABASE) yield* piecesFrom(content, from)
    }
  }
  const isNew = await keepCopy(context, { title: archive.title, pieces }, seed.record)
  return { changed: isNew, summary: `${seed.record.name}, verified` }
}

/** Larger pieces than the stream has, from a byte on. */
async function* piecesFrom(content: AsyncIterable<Uint8Array>, from: number): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = []
  let bytes = 0
  let toSkip = from
  for await (const chunk of content) {
    const kept = chunk.subarray(toSkip)
    toSkip = Math.max(0, toSkip - chunk.length)
    if (kept.length === 0) continue
    held.push(kept)
    bytes += kept.length
    if (bytes < PIECE) continue
    yield Buffer.concat(held)
    held = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(held)
}
