/** What is printed of the result of an operation, whichever kind it is of. */
import type { OperationKind, Results } from '../../../operations/registry.js'
import type { OperationSnapshot } from '../../../client/snapshot.js'
import type { Style } from '../../io.js'
import { renderPlan } from '../plan.js'
import { renderDefragmented } from './defragmented.js'
import { renderRebooted, renderUpdated } from './rebooted.js'
import { renderRebuilt } from './rebuilt.js'
import { renderRemoved } from './removed.js'
import { renderRenewed } from './renewed.js'
import { renderReplaced } from './replaced.js'
import { renderRestored } from './restored.js'
import { renderSnapshotTaken } from './snapshot-taken.js'
import { renderReset } from './was-reset.js'
import { renderApplied, renderUpgraded } from '../summary.js'

type Render<Result> = (snapshot: OperationSnapshot, result: Result, style: Style) => string[]

const RENDER: { readonly [Kind in OperationKind]: Render<Results[Kind]> } = {
  adopt: ({ cluster }, result, style) => renderPlan(cluster, result, style),
  apply: renderApplied,
  defragment: renderDefragmented,
  plan: ({ cluster }, plan, style) => renderPlan(cluster, plan, style),
  reboot: renderRebooted,
  rebuild: renderRebuilt,
  remove: renderRemoved,
  renew: renderRenewed,
  replace: renderReplaced,
  reset: renderReset,
  restore: renderRestored,
  snapshot: renderSnapshotTaken,
  'update-hosts': renderUpdated,
  upgrade: renderUpgraded,
}

/** The lines about the result; empty while there is none. */
export function renderResult(snapshot: OperationSnapshot, style: Style): string[] {
  const { kind, result } = snapshot
  if (result === undefined) return []
  // The result of a snapshot is of the snapshot's kind.
  const render = RENDER[kind] as Render<Results[OperationKind]>
  return render(snapshot, result, style)
}
