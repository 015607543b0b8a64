/** Plans a reset: which hosts are made bare, what that changes, what is lost, and what forbids it. Pure. */
import { hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import type { HostFacts, ObservedHost } from '../../facts/facts.js'
import { servingControlPlanes } from '../../facts/first-control-plane.js'
import type { ResetRequest } from '../../operations/input.js'
import type { PlannedChange } from '../../operations/results.js'
import { finding, type PreflightFinding } from '../../preflight/finding.js'
import { defined } from '../../values/defined.js'
import { removedAs } from '../drift/returned.js'
import { observedHosts, type Learnt } from '../plan.js'
import { pinned } from '../remove/leaving.js'
import { unknownHosts } from '../unknown-hosts.js'
import { isUsed, knownCa } from './allegiance.js'
import { resetChanges, type ResettingHost } from './changes.js'
import { describeLosses, type Losses } from './losses.js'
import { clusterRefusals, foreignHosts, hostRefusals, sameMachine, type Resetting } from './refusals.js'
import { requestMistake } from './request.js'

/** What a reset does, and what forbids it. */
export interface ResetPlan {
  /** The file's cluster, with its CA as far as that is known: no host of another is touched. */
  readonly cluster: Cluster
  /** In the order of the file. */
  readonly resetting: readonly ResettingHost[]
  /** Names of those that were asked for and are bare. */
  readonly bare: readonly string[]
  /** The control plane that is told to forget a machine; undefined without a running cluster that stays. */
  readonly apiHost: Host | undefined
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/** What is known besides the facts. */
export interface LearntForReset extends Pick<Learnt, 'presence' | 'unanswered'> {
  /** What runs in the cluster; undefined if nobody could count it. */
  readonly losses?: Losses
}

/** Plans the reset. */
export function planReset(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: LearntForReset,
  request: ResetRequest,
): ResetPlan {
  const resetting = resettingOf(file, facts, learnt, request)
  const { presence, observed, asked } = resetting
  const found = request.all ? clusterRefusals(resetting) : hostRefusals(resetting)
  const problems = [...mistakes(file, request), ...found]
  const hosts = asked.flatMap((host): ResettingHost[] => resettingHost(host, resetting))
  const cluster = { ...file, ...defined({ caHash: resetting.ca }) }
  return {
    cluster,
    resetting: hosts,
    bare: asked.filter(({ name }) => !hosts.some(({ host }) => host.name === name)).map(({ name }) => name),
    apiHost: request.all || presence.kind !== 'read' ? undefined : servingHost(file, observed),
    changes: problems.length > 0 ? [] : resetChanges(file, hosts, request),
    problems,
    warnings: [
      ...(request.all ? describeLosses(file, presence, learnt.losses) : []),
      ...hosts.filter(({ isAway }) => isAway).map(({ host }) => away(host, learnt.unanswered)),
    ],
  }
}

/** What forbids the reset already before the cluster is asked: nothing has been written to any host by then. */
export function earlyProblems(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: LearntForReset,
  request: ResetRequest,
): readonly ErrorReport[] {
  const resetting = resettingOf(file, facts, learnt, request)
  return [...mistakes(file, request), ...foreignHosts(resetting), ...sameMachine(resetting)]
}

/** The hosts that are asked for, in the order of the file. */
export function askedHosts({ hosts }: Cluster, request: ResetRequest): readonly Host[] {
  return request.all ? hosts : hosts.filter(({ name }) => request.hosts.includes(name))
}

function resettingOf(
  file: Cluster,
  facts: readonly HostFacts[],
  { presence, unanswered }: LearntForReset,
  request: ResetRequest,
): Resetting {
  const observed = observedHosts(file, facts)
  const ca = knownCa(file, observed, presence)
  return { file, observed, asked: askedHosts(file, request), unanswered, presence, ca }
}

function mistakes(file: Cluster, request: ResetRequest): readonly PreflightFinding[] {
  const mistake = requestMistake(request)
  return [
    ...(mistake === undefined ? [] : [finding('error', 'RESET_REFUSED', undefined, mistake)]),
    ...unknownHosts(file, request.hosts),
  ]
}

/** Empty for a host that is bare. */
function resettingHost(host: Host, { observed, presence }: Resetting): ResettingHost[] {
  const facts = observed.find((one) => one.host.name === host.name)?.facts
  if (facts === undefined) return [{ host, isAway: true, isRemembered: false }]
  const standing = presence.kind === 'read' ? presence.standing : undefined
  const record =
    standing === undefined ? undefined : removedAs(standing, { name: host.name, machineId: facts.machineId })
  if (!isUsed(facts) && record === undefined) return []
  return [{ host: pinned(host, facts, undefined), isAway: false, isRemembered: record !== undefined }]
}

function servingHost(file: Cluster, observed: readonly ObservedHost[]): Host | undefined {
  if (hostsWithRole(file, 'control-plane').length === 0) return undefined
  return servingControlPlanes(file, observed)[0]
}

function away({ name }: Host, unanswered: readonly ErrorReport[]): string {
  const reason = unanswered.find(({ host }) => host === name)?.message ?? 'nothing is known of it'
  return `${name} does not answer (${reason}): before anything is deleted, the run waits until you retry or leave it out; then it keeps its claim and whatever it has`
}
