/** Plans an update of hosts: the order and the gates of a reboot, with what each host would get. Pure. */
import type { Cluster, Host } from '../../cluster/model.js'
import {
  NO_UPDATES,
  callsForDrain,
  callsForReboot,
  effectsOf,
  hasUpdates,
  type HostUpdates,
  type PackageUpdate,
} from '../../facts/updates.js'
import { KUBERNETES_PACKAGES } from '../../configuration/packages.js'
import type { HostFacts } from '../../facts/facts.js'
import type { PlannedChange, PlannedUpdate } from '../../operations/results.js'
import { UPDATE_PHASES, type UpdatingPhase } from '../../operations/update-hosts/phases.js'
import type { UpdateRequest } from '../../operations/update-hosts/request.js'
import { count } from '../../values/words.js'
import type { Learnt } from '../plan.js'
import { LEFT_CORDONED, planHosts, type RebootPlan } from '../reboot/plan.js'
import type { RebootingHost } from '../reboot/rebooting-host.js'
import { rebootOutages } from '../reboot/warnings.js'

/** The phase of the hosts of each role. */
export const PHASE_OF_ROLE = {
  etcd: 'etcd-updates',
  'control-plane': 'control-plane-updates',
  worker: 'worker-updates',
  'load-balancer': 'load-balancer-updates',
} as const satisfies Readonly<Record<Host['role'], UpdatingPhase>>

/** The updates of hosts by name. */
export type UpdatesByHost = ReadonlyMap<string, HostUpdates>

/** What an update of hosts does; `rebooting` are all the hosts that are updated. */
export interface UpdatePlan extends RebootPlan {
  /** What each asked host would get, in the order in which they are begun. */
  readonly updates: readonly PlannedUpdate[]
  /** Those of the hosts whose pods have to leave. */
  readonly drained: readonly string[]
}

/** The plan as far as it is known before hosts are asked for updates: every host that takes part if it has any. */
export function askedForUpdates(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: Pick<Learnt, 'presence' | 'unanswered'>,
  request: UpdateRequest,
): RebootPlan {
  return planHosts(file, facts, learnt, { ...request, required: false })
}

/** Plans it. Hosts that have nothing to update, and need no reboot, are left alone. */
export function planUpdate(asked: RebootPlan, found: UpdatesByHost, request: UpdateRequest): UpdatePlan {
  const updatesOf = ({ host }: RebootingHost) => found.get(host.name) ?? NO_UPDATES
  const updating = asked.rebooting.filter(
    (one) => hasUpdates(updatesOf(one)) || isLeft(one) || isRebootForeseen(one, updatesOf(one), request),
  )
  const rebooting = updating.filter((one) => isRebootForeseen(one, updatesOf(one), request))
  return {
    ...asked,
    rebooting: updating,
    updates: asked.rebooting.map((one) => {
      const { packages, kept } = updatesOf(one)
      return { host: one.host.name, packages, kept }
    }),
    drained: updating
      .filter((one) => rebooting.includes(one) || callsForDrain(updatesOf(one)))
      .map(({ host }) => host.name),
    changes: asked.problems.length > 0 ? [] : updating.map((one) => changeOf(one, updatesOf(one), request)),
    warnings: [
      ...rebootOutages(asked.cluster, rebooting),
      ...asked.warnings,
      ...asked.rebooting.flatMap((one) => notesOn(one.host, updatesOf(one))),
    ],
  }
}

function isRebootForeseen(
  { reasons }: RebootingHost,
  updates: HostUpdates,
  { reboot }: UpdateRequest,
): boolean {
  if (reboot === 'never') return false
  const isDue = reasons.some((reason) => reason !== LEFT_CORDONED)
  return isDue || callsForReboot(updates) || (reboot === 'always' && hasUpdates(updates))
}

function changeOf(one: RebootingHost, updates: HostUpdates, request: UpdateRequest): PlannedChange {
  const { host, reasons } = one
  const what = [
    ...(updates.isInterrupted ? ['finish an installation that was cut off'] : []),
    ...(updates.packages.length === 0 ? [] : [`update ${describe(updates.packages)}`]),
    ...effectsOf(updates),
    rebootOf(one, updates, request),
    isLeft(one) ? 'uncordon' : '',
  ].filter((part) => part !== '')
  return {
    host: host.name,
    phase: UPDATE_PHASES[PHASE_OF_ROLE[host.role]].title,
    action: `${what.join('; ')}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`,
    disruptive: true,
  }
}

function isLeft({ reasons }: RebootingHost): boolean {
  return reasons.includes(LEFT_CORDONED)
}

function rebootOf(one: RebootingHost, updates: HostUpdates, request: UpdateRequest): string {
  if (request.reboot === 'never') return ''
  if (isRebootForeseen(one, updates, request)) return 'reboot'
  return hasUpdates(updates) ? 'reboot if its system then asks for it' : ''
}

const KUBERNETES: ReadonlySet<string> = new Set(KUBERNETES_PACKAGES)

/** How many packages are named: a point release of a distribution updates dozens. */
const MOST_NAMED = 4

function describe(packages: readonly PackageUpdate[]): string {
  const security = packages.filter(({ isSecurity }) => isSecurity)
  // Those for security come first.
  const names = [...security, ...packages.filter(({ isSecurity }) => !isSecurity)].map(({ name }) => name)
  const more = names.length > MOST_NAMED ? `, and ${names.length - MOST_NAMED} more` : ''
  const ofThem = security.length === 0 ? '' : ` (${security.length} for security)`
  return `${count(packages.length, 'package')}${ofThem}: ${names.slice(0, MOST_NAMED).join(', ')}${more}`
}

function notesOn({ name }: Host, { kept, stale }: HostUpdates): readonly string[] {
  // That Kubernetes keeps its version is no news: an upgrade changes it.
  const others = kept.filter((one) => !KUBERNETES.has(one))
  return [
    ...(others.length === 0
      ? []
      : [`${name} does not update ${others.join(', ')}: held, or others would have to go`]),
    ...(stale === undefined ? [] : [`${name} could not fetch every list of packages: ${stale}`]),
  ]
}
