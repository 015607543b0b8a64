/** How far versions may be apart, as Kubernetes' version skew policy says. Minors are compared, never patches. */
import type { Standing } from '../../facts/standing.js'
import { compareVersions, parseVersion } from '../../cluster/versions.js'

/** A component, and how many minors it may be older than the API server. None may be newer. */
interface SkewRule {
  readonly component: string
  /** `sinceMinor`: the first minor of the API server for which the number holds; newest first. */
  readonly mayBeOlder: readonly { readonly sinceMinor: number; readonly by: number }[]
}

/** The policy, for what an upgrade may leave behind. */
export const SKEW = {
  apiServer: { component: 'API server', mayBeOlder: [{ sinceMinor: 0, by: 1 }] },
  kubelet: {
    component: 'kubelet',
    mayBeOlder: [
      { sinceMinor: 28, by: 3 },
      { sinceMinor: 0, by: 2 },
    ],
  },
} as const satisfies Record<string, SkewRule>

/** Why a component of this version may not work with an API server of that version; undefined if it may. */
export function skewObstacle(rule: SkewRule, version: string, apiServer: string): string | undefined {
  const [own, theirs] = [parseVersion(version), parseVersion(apiServer)]
  if (own === undefined || theirs === undefined) return undefined
  const older = theirs.minor - own.minor
  if (older < 0 && rule !== SKEW.apiServer)
    return `a ${rule.component} ${version} is newer than the API server ${apiServer}`
  const allowed = rule.mayBeOlder.find(({ sinceMinor }) => theirs.minor >= sinceMinor)?.by ?? 0
  if (Math.abs(older) <= allowed) return undefined
  return `a ${rule.component} ${version} is ${Math.abs(older)} minors away from the API server ${apiServer}, and ${allowed} are supported`
}

/** What would be too far apart once the control planes run `version`, while nodes still have their kubelets. */
export function skewObstacles(standing: Standing, version: string): readonly string[] {
  const kubelets = standing.nodes.flatMap((node) => {
    const obstacle = skewObstacle(SKEW.kubelet, node.version, version)
    return obstacle === undefined ? [] : [`${node.name}: ${obstacle}`]
  })
  const servers = apiServers(standing).flatMap(({ host, version: own }) => {
    const obstacle = skewObstacle(SKEW.apiServer, own, version)
    return obstacle === undefined ? [] : [`${host}: ${obstacle}`]
  })
  return [...servers, ...kubelets]
}

/** The API servers of the cluster with their versions. */
export function apiServers({ components }: Standing): readonly { host: string; version: string }[] {
  return components.filter(({ component }) => component === 'kube-apiserver')
}

/** The oldest and the newest version, for people: `v1.36.3 to v1.37.2`, or one version. */
export function rangeOf(versions: readonly string[]): string {
  const known = versions.flatMap((text) => {
    const version = parseVersion(text)
    return version === undefined ? [] : [{ text, version }]
  })
  const sorted = known.toSorted((a, b) => compareVersions(a.version, b.version)).map(({ text }) => text)
  const [first = 'unknown'] = sorted
  const last = sorted.at(-1) ?? first
  return first === last ? first : `${first} to ${last}`
}
