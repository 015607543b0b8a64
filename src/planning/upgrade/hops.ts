/** The way from one version to another: a patch in one step, minors one after the other. */
import { QuorateError } from '../../errors/index.js'
import { findMinorFacts, supportedRange } from '../../cluster/supported-minors.js'
import { compareVersions, parseVersion, requireVersion } from '../../cluster/versions.js'

/**
 * The minors that an upgrade passes through on its way, without those of its ends: kubeadm takes a cluster one minor
 * further at most.
 */
export function minorsBetween(from: string, to: string): readonly number[] {
  const first = requireVersion(from).minor + 1
  return Array.from({ length: Math.max(requireVersion(to).minor - first, 0) }, (_, index) => first + index)
}

/**
 * The versions that the cluster gets one after the other; the last is the target.
 * @param between the release to pass through for each minor of {@link minorsBetween}.
 * @throws QuorateError `UPGRADE_IS_DOWNGRADE`, `UPGRADE_PATH_MISSING`, `VERSION_UNSUPPORTED`, `VERSION_NOT_RESOLVED`.
 */
export function hops(from: string, to: string, between: readonly string[] = []): readonly string[] {
  const [begin, end] = [requireVersion(from), requireVersion(to)]
  if (findMinorFacts(end) === undefined) {
    throw new QuorateError(
      'VERSION_UNSUPPORTED',
      `Kubernetes ${to} is not supported; supported are ${supportedRange()}`,
    )
  }
  if (compareVersions(end, begin) < 0)
    throw new QuorateError('UPGRADE_IS_DOWNGRADE', `the cluster runs ${from}, which is newer than ${to}`)
  const passed = minorsBetween(from, to).map((minor) => releaseOf(minor, between))
  return [...passed, to]
}

function releaseOf(minor: number, between: readonly string[]): string {
  const found = between.find((version) => parseVersion(version)?.minor === minor)
  if (found !== undefined) return found
  throw new QuorateError(
    'UPGRADE_PATH_MISSING',
    `no release of Kubernetes 1.${minor} is known to pass through`,
  )
}

/** The channel that names the newest release of a minor. */
export function channelOf(minor: number): string {
  return `stable-1.${minor}`
}
