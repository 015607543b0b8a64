/** The manifest's text. One by URL is fetched by the worker, and is used only if the cluster file means this very text. */
import { createHash } from 'node:crypto'
import type { ManifestSource } from '../../configuration/pod-network/plugin.js'
import { QuorateError } from '../../errors/index.js'

const FETCH_TIMEOUT_MS = 30_000

/** By digest: what was fetched once is not fetched again, whichever step or operation asks. */
const fetched = new Map<string, string>()

/** The text of a plugin's manifest; see {@link fetchManifest}. */
export async function manifestText(source: ManifestSource): Promise<string> {
  return 'text' in source ? source.text : fetchManifest(source.url, source.digest)
}

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
