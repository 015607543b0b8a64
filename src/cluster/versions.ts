/** Kubernetes versions and release channels: reading and writing them. */
import { QuorateError } from '../errors/index.js'

/** One release of Kubernetes 1.x. */
export interface KubernetesVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** E.g. `rc.1`; absent for a final release. */
  readonly prerelease?: string
}

/** A moving name for a release; resolved once per operation, then pinned. */
export interface ReleaseChannel {
  /** The name as written, e.g. `stable-1.36`. */
  readonly name: string
  /** Absent for `stable`, which means the newest minor. */
  readonly minor?: number
}

const VERSION = /^v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:-((?:alpha|beta|rc)\.\d{1,3}))?$/
const CHANNEL = /^stable(?:-1\.(\d{1,3}))?$/

/** Reads `v1.36.3`, `1.36.3` or `v1.37.0-rc.1`; undefined for anything else. */
export function parseVersion(text: string): KubernetesVersion | undefined {
  const match = VERSION.exec(text)
  if (match === null) return undefined
  const [, major, minor, patch, prerelease] = match
  const numbers = { major: Number(major), minor: Number(minor), patch: Number(patch) }
  return prerelease === undefined ? numbers : { ...numbers, prerelease }
}

/**
 * Like {@link parseVersion}, for a version that must already be resolved.
 * @throws QuorateError `VERSION_NOT_RESOLVED` for a channel or anything else that is not a version.
 */
export function requireVersion(text: string): KubernetesVersion {
  const version = parseVersion(text)
  if (version === undefined) {
    throw new QuorateError('VERSION_NOT_RESOLVED', `"${text}" does not name one Kubernetes release`)
  }
  return version
}

/** Reads `stable` or `stable-1.36`; undefined for anything else. */
export function parseChannel(text: string): ReleaseChannel | undefined {
  const match = CHANNEL.exec(text)
  if (match === null) return undefined
  return match[1] === undefined ? { name: text } : { name: text, minor: Number(match[1]) }
}

/** URL on the public release server that gives the channel's current version, as one line of text. */
export function channelUrl(channel: ReleaseChannel): string {
  return `https://dl.k8s.io/release/${channel.name}.txt`
}

/** `1.36.3`, as in package versions. */
export function packageVersion(version: KubernetesVersion): string {
  const release = `${version.major}.${version.minor}.${version.patch}`
  return version.prerelease === undefined ? release : `${release}-${version.prerelease}`
}

/** `v1.36.3`, as in kubeadm and image tags. */
export function formatVersion(version: KubernetesVersion): string {
  return `v${packageVersion(version)}`
}

/** `1.36`, as in repositories and channels. */
export function minorName(version: KubernetesVersion): string {
  return `${version.major}.${version.minor}`
}

/** Negative if `a` is older than `b`, 0 if they are equal. A prerelease is older than its release. */
export function compareVersions(a: KubernetesVersion, b: KubernetesVersion): number {
  const difference = a.major - b.major || a.minor - b.minor || a.patch - b.patch
  if (difference !== 0 || a.prerelease === b.prerelease) return difference
  if (a.prerelease === undefined) return 1
  if (b.prerelease === undefined) return -1
  return a.prerelease.localeCompare(b.prerelease, 'en', { numeric: true })
}
