/** A manifest by URL: the worker fetches it, and it is applied only if it is the text that the cluster file means. */
import { createHash } from 'node:crypto'
import { QuorateError } from '../../errors/index.js'

const FETCH_TIMEOUT_MS = 30_000

/** By digest: what was fetched once is not fetched again, whichever step or operation asks. */
const fetched = new Map<string, string>()

/**
 * The text at the URL.
 * @param digest the text's `sha256:…`. Cluster files always have one; only operations of earlier releases have none.
 * @throws QuorateError `MANIFEST_UNREACHABLE`, or `MANIFEST_CHANGED` if it is another text.
 */
export async function fetchManifest(url: string, digest: string | undefined): Promise<string> {
  const known = digest === undefined ? undefined : fetched.get(digest)
  if (known !== undefined) return known
  const bytes = await download(url)
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (digest !== undefined && actual !== digest) {
    throw new QuorateError(
      'MANIFEST_CHANGED',
      `the manifest at ${url} is not the one that the cluster file means: its digest is ${actual}, not ${digest}`,
    )
  }
  const text = bytes.toString()
  fetched.set(actual, text)
  return text
}

async function download(url: string): Promise<Buffer> {
  const unreachable = (reason: string, cause?: unknown) =>
    new QuorateError('MANIFEST_UNREACHABLE', `the manifest ${url} cannot be fetched: ${reason}`, { cause })
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
    if (!response.ok) throw unreachable(`HTTP ${response.status}`)
    return Buffer.from(await response.arrayBuffer())
  } catch (error) {
    if (error instanceof QuorateError) throw error
    const cause = error instanceof Error ? (error.cause ?? error) : error
    throw unreachable(cause instanceof Error ? cause.message : String(cause), error)
  }
}
