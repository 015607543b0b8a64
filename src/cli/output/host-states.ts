/** The state in which a stopped operation left each host. */
import type { HostProgress, OperationProgress, PhaseProgress } from '../../operations/progress.js'
import { definitionOf } from '../../operations/registry.js'
import { plainLine } from '../../values/plain-text.js'
import type { Style } from '../io.js'
import { looksOnly } from './looks.js'
import { renderTable } from './table.js'

/** The lines of a table with every host. */
export function renderHostStates(progress: OperationProgress, style: Style): string[] {
  const hosts = [...new Set(progress.phases.flatMap((phase) => phase.hosts.map(({ host }) => host)))]
  if (hosts.length === 0) return []
  const rows = hosts.map((host) => [style.bold(plainLine(host)), plainLine(stateOf(host, progress.phases))])
  return renderTable(['HOST', 'STATE'], rows, style)
}

/** E.g. `initialised`, `stopped in kubeadm join, after: prepared`, `not begun`. */
function stateOf(host: string, phases: readonly PhaseProgress[]): string {
  const steps = phases
    .filter((phase) => !looksOnly(phase))
    .flatMap((phase) => phase.hosts.filter((entry) => entry.host === host).map((step) => ({ phase, step })))
  const made = steps.filter(({ step }) => step.state === 'done' || step.state === 'unchanged').at(-1)
  const open = steps.find(({ step }) => openWord(step) !== undefined)
  const reached =
    made === undefined ? undefined : (definitionOf(made.phase)?.words?.made ?? `${made.phase.title} done`)
  if (open === undefined) return reached ?? 'not started'
  const act = definitionOf(open.phase)?.words?.act ?? open.phase.title
  const word = `${openWord(open.step) ?? ''} ${act}`
  return reached === undefined ? word : `${word}, after: ${reached}`
}

/** How to describe a step that did not come to its end; undefined for others. */
function openWord({ state, error }: HostProgress): string | undefined {
  switch (state) {
    case 'running':
      return 'stopped in'
    case 'failed':
      return error?.code === 'OPERATION_CANCELLED' ? 'stopped in' : 'failed in'
    case 'blocked':
      return 'parked in'
    case 'skipped':
      return 'left out at'
    case 'pending':
    case 'unchanged':
    case 'done':
      return undefined
  }
}
