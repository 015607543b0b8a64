/** Why an upgrade does not begin: what is found before anything is changed. */
import { QuorateError, type ErrorCode, type ErrorReport } from '../../errors/index.js'
import type { Cluster } from '../../cluster/model.js'
import type { Standing } from '../../facts/standing.js'
import type { UpgradeRequest } from '../../operations/upgrade-request.js'
import { compareVersions, parseVersion } from '../../cluster/versions.js'
import { apiServers, skewObstacles } from './skew.js'

/** What the refusals judge. */
interface UpgradeSituation {
  readonly cluster: Cluster
  readonly standing: Standing
  readonly request: UpgradeRequest
  readonly to: string
  readonly hops: readonly string[]
}

type Refusal = (situation: UpgradeSituation) => readonly ErrorReport[]

/** Every reason, in the order in which people should read them. */
export function upgradeRefusals(situation: UpgradeSituation): readonly ErrorReport[] {
  return REFUSALS.flatMap((refusal) => refusal(situation))
}

/** A control plane that runs a newer version belongs to another upgrade, or the file is older than the cluster. */
const newerThanTarget: Refusal = ({ standing, to }) =>
  apiServers(standing)
    .filter(({ version }) => isNewer(version, to))
    .map(({ host, version }) =>
      refuse('UPGRADE_IS_DOWNGRADE', `its API server runs ${version}, which is newer than ${to}`, host),
    )

/** Every control plane goes along: one that stayed behind would come back with an API server too old. */
const controlPlaneMissing: Refusal = ({ cluster: { bystanders = [] } }) =>
  bystanders
    .filter(({ role }) => role === 'control-plane' || role === 'etcd')
    .map(({ name, role, why }) => {
      const reason = why === 'away' ? 'does not answer' : 'is in the cluster and not in the file'
      return refuse('UPGRADE_NEEDS_HOST', `the ${role} ${name} ${reason}; an upgrade needs all of them`)
    })

/** Kubelets that stay behind, as those of skipped workers do, must be able to work with the new API servers. */
const tooFarApart: Refusal = ({ standing, hops, request }) => {
  // Nodes get each version before the next one begins; only what stays behind is too old.
  const [first] = hops
  const version = request.only === 'control-planes' ? hops.at(-1) : first
  if (version === undefined) return []
  return skewObstacles(standing, version).map((obstacle) => refuse('SKEW_TOO_LARGE', obstacle))
}

/** A kubelet is never newer than the API servers. */
const workersFirst: Refusal = ({ standing, to, request }) => {
  if (request.only !== 'workers') return []
  const behind = apiServers(standing).filter(({ version }) => isNewer(to, version))
  if (behind.length === 0) return []
  const names = behind.map(({ host, version }) => `${host} (${version})`).join(', ')
  return [
    refuse('SKEW_TOO_LARGE', `no kubelet may be newer than the API servers, and behind ${to} are ${names}`),
  ]
}

/** With several minors, the kubelets must follow each of them. */
const onlyOneHop: Refusal = ({ hops, request }) =>
  request.only === undefined || hops.length <= 1
    ? []
    : [
        refuse(
          'UPGRADE_PATH_MISSING',
          `the upgrade passes through ${hops.join(', ')}, and each must be whole before the next: run it without --only, or with --to ${hops[0] ?? ''}`,
        ),
      ]

const REFUSALS: readonly Refusal[] = [
  newerThanTarget,
  controlPlaneMissing,
  tooFarApart,
  workersFirst,
  onlyOneHop,
]

function isNewer(version: string, than: string): boolean {
  const [a, b] = [parseVersion(version), parseVersion(than)]
  return a !== undefined && b !== undefined && compareVersions(a, b) > 0
}

function refuse(code: ErrorCode, message: string, host?: string): ErrorReport {
  return new QuorateError(code, message, host === undefined ? {} : { host }).report()
}
