/** The kinds of operations: the one place that lists them. docs/architecture.md says how to add one. */
import { APPLY_PHASES } from './apply-phases.js'
import { DEFRAGMENT_PHASES } from './defragment-phases.js'
import { PLAN_PHASES } from './plan-phases.js'
import type { NamedPhase, PhaseDefinition, PhaseTable } from './phase.js'
import { REBOOT_PHASES } from './reboot/phases.js'
import { REBUILD_PHASES } from './rebuild/phases.js'
import { REMOVE_PHASES } from './remove-phases.js'
import { RENEW_PHASES } from './renew-phases.js'
import { REPLACE_PHASES } from './replace-phases.js'
import { RESET_PHASES } from './reset-phases.js'
import { RESTORE_PHASES } from './restore/phases.js'
import { SNAPSHOT_PHASES } from './snapshot-phases.js'
import type {
  AdoptResult,
  ApplyResult,
  DefragmentResult,
  PlanResult,
  RebootResult,
  RebuildResult,
  RemoveResult,
  RenewResult,
  ReplaceResult,
  ResetResult,
  RestoreResult,
  SnapshotResult,
  UpdateResult,
  UpgradeResult,
} from './results.js'
import { UPDATE_PHASES } from './update-hosts/phases.js'
import { UPGRADE_PHASES } from './upgrade-phases.js'

/** What a kind of operation is to clients and workers. */
export interface OperationDefinition {
  /** The workflow's type. It is stable, because histories contain it. */
  readonly workflow: string
  /** Whether it may change the cluster. Of those operations a cluster has only one at a time. */
  readonly holdsCluster: boolean
  readonly phases: PhaseTable
}

/** By kind. */
export const OPERATIONS = {
  adopt: { workflow: 'adoptCluster', holdsCluster: false, phases: PLAN_PHASES },
  apply: { workflow: 'applyCluster', holdsCluster: true, phases: APPLY_PHASES },
  defragment: { workflow: 'defragmentEtcd', holdsCluster: true, phases: DEFRAGMENT_PHASES },
  plan: { workflow: 'planCluster', holdsCluster: false, phases: PLAN_PHASES },
  reboot: { workflow: 'rebootHosts', holdsCluster: true, phases: REBOOT_PHASES },
  rebuild: { workflow: 'rebuildCluster', holdsCluster: true, phases: REBUILD_PHASES },
  remove: { workflow: 'removeHosts', holdsCluster: true, phases: REMOVE_PHASES },
  renew: { workflow: 'renewCertificates', holdsCluster: true, phases: RENEW_PHASES },
  replace: { workflow: 'replaceHost', holdsCluster: true, phases: REPLACE_PHASES },
  reset: { workflow: 'resetHosts', holdsCluster: true, phases: RESET_PHASES },
  restore: { workflow: 'restoreEtcd', holdsCluster: true, phases: RESTORE_PHASES },
  snapshot: { workflow: 'takeSnapshot', holdsCluster: true, phases: SNAPSHOT_PHASES },
  'update-hosts': { workflow: 'updateHosts', holdsCluster: true, phases: UPDATE_PHASES },
  upgrade: { workflow: 'upgradeCluster', holdsCluster: true, phases: UPGRADE_PHASES },
} as const satisfies Readonly<Record<string, OperationDefinition>>

/** Which operation. */
export type OperationKind = keyof typeof OPERATIONS

/** The ID of a phase of a kind. */
export type PhaseOf<Kind extends OperationKind> = keyof (typeof OPERATIONS)[Kind]['phases'] & string

/** What each kind returns. */
export interface Results {
  adopt: AdoptResult
  apply: ApplyResult
  defragment: DefragmentResult
  plan: PlanResult
  reboot: RebootResult
  rebuild: RebuildResult
  remove: RemoveResult
  renew: RenewResult
  replace: ReplaceResult
  reset: ResetResult
  restore: RestoreResult
  snapshot: SnapshotResult
  'update-hosts': UpdateResult
  upgrade: UpgradeResult
}

/** All kinds. */
export const OPERATION_KINDS = Object.keys(OPERATIONS) as readonly OperationKind[]

/** The kind of a run, by its workflow type; undefined for a type that this release does not know. */
export function kindOfWorkflow(workflow: string): OperationKind | undefined {
  return OPERATION_KINDS.find((kind) => OPERATIONS[kind].workflow === workflow)
}

/** The kinds that hold their cluster. */
export const HOLDING_KINDS = OPERATION_KINDS.filter((kind) => OPERATIONS[kind].holdsCluster)

/** The phases of all kinds, with their IDs. Kinds that have a phase of the same title mean the same by it. */
export const PHASES = OPERATION_KINDS.flatMap((kind) =>
  Object.entries<PhaseDefinition>(OPERATIONS[kind].phases).map(([id, phase]) => ({ id, ...phase })),
)

/** What a phase in an answer of a run is; undefined for one of another release. */
export function definitionOf({ id, title }: NamedPhase): (typeof PHASES)[number] | undefined {
  return PHASES.find((phase) => (id === undefined ? phase.title === title : phase.id === id))
}
