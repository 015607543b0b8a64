/** Resolves a release channel to the version it names today. */
import { channelUrl, parseChannel, parseVersion, formatVersion } from '../cluster/versions.js'
import { QuorateError } from '../errors/index.js'

const FETCH_TIMEOUT_MS = 10_000

/**
 * The version, as `vX.Y.Z`, of a channel such as `stable` or `stable-1.36`.
 * @throws QuorateError `VERSION_NOT_RESOLVED` when the release server does not say.
 */
export async function resolveVersion(name: string): Promise<string> {
  const channel = parseChannel(name)
  if (channel === undefined)
    throw new QuorateError('VERSION_NOT_RESOLVED', `${name} is not a release channel`)
  const url = channelUrl(channel)
  const fail = (reason: string, cause?: unknown) =>
    new QuorateError('VERSION_NOT_RESOLVED', `${url} does not give the version: ${reason}`, { cause })
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) }).catch(
    (error: unknown) => {
      throw fail('out of reach', error)
    },
  )
  const text = (await response.text()).trim()
  const version = response.ok ? parseVersion(text) : undefined
  if (version === undefined) throw fail(`HTTP ${response.status}`)
  return formatVersion(version)
}
