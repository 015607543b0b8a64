/** The state in which a stopped operation left each host. */
import type { HostProgress, OperationProgress, PhaseProgress } from '../../operations/contract.js'
import { plainLine } from '../../errors/index.js'
import type { Style } from '../io.js'
import { renderTable } from './table.js'

/** What a phase makes of a host, and what it was doing if it was stopped there. Other phases only look. */
const PHASE_WORDS: Readonly<Record<string, { readonly made: string; readonly act: string } | undefined>> = {
  'Prepare hosts': { made: 'prepared', act: 'the preparation' },
  'Load balancer': { made: 'balances', act: 'configuring the load balancer' },
  'Load balancer backends': { made: 'balances', act: 'configuring the load balancer' },
  etcd: { made: 'etcd member', act: 'joining etcd' },
  'Renew certificates': { made: 'certificates renewed', act: 'renewing certificates' },
  'etcd endpoints': { made: 'API server at the new etcd endpoints', act: 'moving the API server' },
  'First control plane': { made: 'initialised', act: 'kubeadm init' },
  'Pod network': { made: 'initialised, with the pod network', act: 'applying the pod network' },
  'Cluster DNS': { made: 'initialised, with pod network and DNS', act: 'spreading the cluster DNS' },
  'Control planes': { made: 'joined as control plane', act: 'kubeadm join' },
  Workers: { made: 'joined as worker', act: 'kubeadm join' },
}
/** Phases that change nothing. */
const LOOKING: readonly string[] = [
  'Facts',
  'Lock hosts',
  'Running cluster',
  'Load balancer health',
  'Verify',
]

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
    .filter(({ title }) => !LOOKING.includes(title))
    .flatMap(({ title, hosts }) =>
      hosts.filter((entry) => entry.host === host).map((step) => ({ title, step })),
    )
  const made = steps.filter(({ step }) => step.state === 'done' || step.state === 'unchanged').at(-1)
  const open = steps.find(({ step }) => openWord(step) !== undefined)
  const reached = made === undefined ? undefined : (PHASE_WORDS[made.title]?.made ?? `${made.title} done`)
  if (open === undefined) return reached ?? 'not begun'
  const act = PHASE_WORDS[open.title]?.act ?? open.title
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
