/** Plans a defragmentation of etcd: which members, in which order, and what prevents it. Pure. */
import { etcdHosts, etcdPlace, type Cluster, type Host } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import { hasAlarm, leads, type MemberStatus } from '../../facts/etcd-status.js'
import type { HostFacts } from '../../facts/facts.js'
import { DEFRAGMENT_PHASES, type DefragmentPhase } from '../../operations/defragment-phases.js'
import type { PlannedChange } from '../../operations/results.js'
import { finding } from '../../preflight/finding.js'
import { snapshotScene, type SnapshotLearnt } from '../snapshot/plan.js'
import { freeWords, NO_SPACE, pays } from './pays.js'

/** A member that is defragmented. */
interface DefragmentingHost {
  readonly host: Host
  /** Size of its database in bytes, when the plan was made. */
  readonly before: number
}

/** What a defragmentation does, and what prevents it. */
export interface DefragmentPlan {
  /** The cluster as it runs; its hosts are pinned to their machines. */
  readonly cluster: Cluster
  /** Every host with a member that answers; each gate asks all of them. */
  readonly members: readonly Host[]
  /** In the order in which it is their turn. */
  readonly defragmenting: readonly DefragmentingHost[]
  /** etcd is out of space: old revisions go first, and the alarm at the end. */
  readonly isFull: boolean
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/** Plans it. Members for which it does not pay are left alone. */
export function planDefragmentation(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: SnapshotLearnt,
): DefragmentPlan {
  const { cluster, members } = snapshotScene(file, facts, learnt)
  const { statuses } = learnt
  const isFull = hasAlarm(statuses, NO_SPACE)
  const inTurn = [...statuses.filter((one) => !leads(one)), ...statuses.filter(leads)]
  const due = inTurn.filter((one) => isFull || pays(one))
  const defragmenting = due.flatMap(({ host: name, bytes }) => {
    const host = members.find((one) => one.name === name)
    return host === undefined ? [] : [{ host, before: bytes }]
  })
  const problems = defragmentProblems(file, members, statuses)
  return {
    cluster,
    members,
    defragmenting,
    isFull,
    problems,
    changes: problems.length > 0 ? [] : changesOf(due, isFull),
    warnings: warningsOf(members, due),
  }
}

function defragmentProblems(
  file: Cluster,
  members: readonly Host[],
  statuses: readonly MemberStatus[],
): readonly ErrorReport[] {
  if (etcdPlace(file) === 'elsewhere') {
    const message = 'spec.etcd.endpoints names an etcd that Quorate does not run'
    return [finding('error', 'ETCD_UNREACHABLE', undefined, message, 'defragment it where that etcd is run')]
  }
  const corrupt = hasAlarm(statuses, 'CORRUPT')
    ? [finding('error', 'ETCD_UNHEALTHY', undefined, 'etcd has the alarm CORRUPT', CORRUPT_HINT)]
    : []
  const silent = etcdHosts(file)
    .filter(({ name }) => statuses.every(({ host }) => host !== name))
    .map((host) => finding('error', 'ETCD_UNHEALTHY', host, 'its etcd member does not answer', SILENT_HINT))
  const none =
    members.length > 0 ? [] : [finding('error', 'ETCD_UNREACHABLE', undefined, 'no etcd member answers')]
  return [...none, ...corrupt, ...silent]
}

const CORRUPT_HINT = 'find the member whose data differ, and replace its host, before anything else'
const SILENT_HINT = 'a member is defragmented only while all others answer: bring it back, then defragment'

function changesOf(due: readonly MemberStatus[], isFull: boolean): readonly PlannedChange[] {
  const change = (host: string, phase: DefragmentPhase, action: string) => {
    return { host, phase: DEFRAGMENT_PHASES[phase].title, action }
  }
  const [first] = due
  const last = due.at(-1)
  const each = due.map((one) => {
    const after = leads(one) && due.length > 1 ? ', after it has handed the lead over' : ''
    return change(one.host, 'defragmentation', `defragment its member: ${freeWords(one)}${after}`)
  })
  if (!isFull || first === undefined || last === undefined) return each
  return [
    change(first.host, 'compaction', 'drop old revisions of all values: etcd is out of space'),
    ...each,
    change(last.host, 'alarms', 'disarm NOSPACE, if there is room again'),
  ]
}

/** With fewer voters, none can be away without an outage. */
const VOTERS_THAT_SPARE_ONE = 3

function warningsOf(members: readonly Host[], due: readonly MemberStatus[]): readonly string[] {
  if (due.length === 0 || members.length >= VOTERS_THAT_SPARE_ONE) return []
  return ['etcd answers nobody while a member is defragmented: it has no other that could']
}
