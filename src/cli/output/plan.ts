/** A plan as text: what would change on which host, and what stands in the way. */
import type { PlannedChange, PlanResult } from '../../operations/results.js'
import { count } from '../../values/words.js'
import { plainLine } from '../../values/plain-text.js'
import type { Style } from '../io.js'
import { renderReport } from './report.js'
import { renderTable } from './table.js'

/** The command that makes the changes of a plan. */
export type PlannedCommand =
  | 'apply'
  | 'defragment'
  | 'reboot'
  | 'rebuild'
  | 'remove'
  | 'renew'
  | 'replace'
  | 'reset'
  | 'restore'
  | 'snapshot'
  | 'update-hosts'

/** The lines of a plan. */
export function renderPlan(
  cluster: string,
  plan: PlanResult,
  style: Style,
  command: PlannedCommand = 'apply',
): string[] {
  return [
    ...heading(cluster, plan, style),
    ...(plan.changes.length === 0 ? [] : ['', ...renderChanges(plan.changes, style)]),
    ...(plan.warnings.length === 0
      ? []
      : ['', ...plan.warnings.map((warning) => style.yellow(`⚠ ${plainLine(warning)}`))]),
    ...adviceOf(plan, style),
    ...plan.problems.flatMap((problem) => ['', ...renderReport(problem, style)]),
    '',
    command === 'apply' ? summary(cluster, plan, style) : sameCommandSummary(plan, command, style),
  ]
}

function heading(cluster: string, { kubernetesVersion, upgrade }: PlanResult, style: Style): string[] {
  if (upgrade === undefined) return [`plan for ${style.bold(cluster)}: Kubernetes ${kubernetesVersion}`]
  const path = [upgrade.from, ...upgrade.hops.map(({ version }) => version)].filter(
    (version, index, all) => version !== all[index - 1],
  )
  return [
    `upgrade of ${style.bold(cluster)}: Kubernetes ${path.map((version) => plainLine(version)).join(' → ')}`,
    ...upgrade.hops.map(({ version, skew }) => `  ${plainLine(`${version}: ${skew}`)}`),
  ]
}

/**
 * Advice on what works as it is, and what an apply leaves alone. An apply does not depend on it, but nobody would know
 * of it otherwise.
 */
function adviceOf({ findings = [] }: PlanResult, style: Style): string[] {
  const advice = findings.filter(({ severity }) => severity === 'advice')
  return advice.flatMap((one) => ['', ...renderReport(one, style, { mark: style.cyan('ℹ') })])
}

/** The changes as a table, those of a host together. */
export function renderChanges(changes: readonly PlannedChange[], style: Style): string[] {
  const rows = changes.map(({ host, phase, action }, index) => {
    // A host is named once, before the first of its changes.
    const isFirst = changes[index - 1]?.host !== host
    return [
      isFirst ? style.bold(plainLine(host)) : '',
      plainLine(phase),
      `${style.green('+')} ${plainLine(action)}`,
    ]
  })
  return [...renderTable(['HOST', 'PHASE', 'CHANGE'], rows, style), ...renderDiff(changes, style)]
}

/** What the changes do to documents of the cluster: a value that goes or changes, then what comes in its place. */
function renderDiff(changes: readonly PlannedChange[], style: Style): string[] {
  const lines = changes.flatMap(({ diff = [] }) => diff)
  const documents = [...new Set(lines.map(({ document }) => document))]
  return documents.flatMap((document) => [
    '',
    style.bold(plainLine(document)),
    ...lines
      .filter((line) => line.document === document)
      .flatMap(({ path, old, new: now }) => [
        ...(old === undefined ? [] : [style.red(plainLine(`- ${path}: ${old}`))]),
        ...(now === undefined ? [] : [style.green(plainLine(`+ ${path}: ${now}`))]),
      ]),
  ])
}

function summary(
  cluster: string,
  { changes, problems, warnings, upgrade }: PlanResult,
  style: Style,
): string {
  const [noun, command] = upgrade === undefined ? ['an apply', 'apply'] : ['an upgrade', 'upgrade']
  if (problems.length > 0) {
    return style.red(`✘ ${count(problems.length, 'problem')}: ${noun} would not start`)
  }
  if (changes.length === 0) {
    const isSame = warnings.length === 0 && upgrade === undefined
    const what = isSame
      ? `nothing to change: ${cluster} is as the file describes it`
      : `${noun} would change nothing`
    return `${style.green('✔')} ${what}`
  }
  const hosts = new Set(changes.map(({ host }) => host)).size
  return `${count(changes.length, 'change')} on ${count(hosts, 'host')}; \`quorate ${command}\` makes them`
}

/** How the plan of each command that makes its plan's changes by itself is summed up. */
const SAME_COMMAND = {
  defragment: { refused: 'nothing would be defragmented', nothing: 'it would not pay for any member' },
  reboot: { refused: 'nothing would be rebooted', nothing: 'no host needs a reboot' },
  rebuild: { refused: 'nothing would be rebuilt', nothing: 'there is nothing to rebuild' },
  remove: { refused: 'nothing would be removed', nothing: 'already gone' },
  renew: { refused: 'nothing would be renewed', nothing: 'every certificate lasts long enough' },
  replace: { refused: 'nothing would be replaced', nothing: 'the machine has joined' },
  reset: { refused: 'nothing would be reset', nothing: 'already bare' },
  restore: { refused: 'nothing would be restored', nothing: 'there is nothing to restore' },
  snapshot: { refused: 'no snapshot would be taken', nothing: 'there is nothing to take' },
  'update-hosts': { refused: 'nothing would be updated', nothing: 'every package is up to date' },
} as const

function sameCommandSummary(
  { changes, problems }: PlanResult,
  command: keyof typeof SAME_COMMAND,
  style: Style,
): string {
  const { refused, nothing } = SAME_COMMAND[command]
  if (problems.length > 0) {
    return style.red(`✘ ${count(problems.length, 'problem')}: ${refused}`)
  }
  if (changes.length === 0) return `${style.green('✔')} nothing to change: ${nothing}`
  const hosts = new Set(changes.map(({ host }) => host)).size
  return `${count(changes.length, 'change')} on ${count(hosts, 'host')}; the same command without --plan makes them`
}
