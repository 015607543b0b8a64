/** Preflight as text: one table of findings, each with how to fix it, and a summary. */
import type { Cluster } from '../../cluster/model.js'
import { plainLine } from '../../errors/plain-text.js'
import { listNames, type PreflightFinding, type Severity } from '../../preflight/finding.js'
import { count } from '../../values/words.js'
import type { Style } from '../io.js'
import { renderTable } from './table.js'

const MARKS: Readonly<Record<Severity, string>> = { error: '✘', warning: '⚠', advice: 'ℹ' }

/** The lines of a preflight. */
export function renderPreflight(
  cluster: Cluster,
  kubernetesVersion: string,
  findings: readonly PreflightFinding[],
  style: Style,
): string[] {
  const hosts = cluster.hosts.map(({ name }) => name)
  const well = hosts.filter((name) => !findings.some(({ host }) => host === name))
  return [
    `preflight of ${style.bold(cluster.name)}: Kubernetes ${kubernetesVersion}, ${count(hosts.length, 'host')}`,
    ...(findings.length === 0
      ? []
      : ['', ...renderTable(['HOST', 'CODE', 'FINDING'], findingRows(findings, style), style)]),
    ...(findings.length > 0 && well.length > 0
      ? ['', `${style.green('✔')} nothing found on ${well.join(', ')}`]
      : []),
    '',
    summary(hosts.length, findings, style),
  ]
}

/** One finding, and every host that has it with the same words. */
interface Row {
  readonly finding: PreflightFinding
  readonly hosts: string[]
}

function findingRows(findings: readonly PreflightFinding[], style: Style): string[][] {
  const rows = sameOnSeveral(findings)
  return rows.flatMap(({ finding: { severity, code, message, hint }, hosts }, index) => {
    const name = listNames(hosts)
    // A host is named once, before the first of its findings.
    const isFirst = index === 0 || listNames(rows[index - 1]?.hosts ?? []) !== name
    return [
      [isFirst ? style.bold(name) : '', style.dim(code), `${mark(severity, style)} ${plainLine(message)}`],
      ['', '', `${style.cyan('→')} ${plainLine(hint)}`],
    ]
  })
}

function sameOnSeveral(findings: readonly PreflightFinding[]): readonly Row[] {
  const rows = new Map<string, Row>()
  for (const finding of findings) {
    const { severity, code, message, hint, host = 'all' } = finding
    const key = JSON.stringify([severity, code, message, hint])
    const row = rows.get(key)
    if (row === undefined) rows.set(key, { finding, hosts: [host] })
    else row.hosts.push(host)
  }
  return [...rows.values()]
}

function summary(hosts: number, findings: readonly PreflightFinding[], style: Style): string {
  if (findings.length === 0) return `${style.green('✔')} every host is ready: nothing found`
  const worst =
    (['error', 'warning', 'advice'] as const).find((one) => counted(findings, one) > 0) ?? 'advice'
  const counts = [
    ...amount(counted(findings, 'error'), 'error'),
    ...amount(counted(findings, 'warning'), 'warning'),
    ...(counted(findings, 'advice') > 0 ? [`${count(counted(findings, 'advice'), 'piece')} of advice`] : []),
  ].join(', ')
  const touched = new Set(findings.flatMap(({ host }) => host ?? [])).size
  const meaning = worst === 'error' ? 'an apply would not begin' : 'an apply would begin'
  return `${mark(worst, style)} ${counts} on ${touched} of ${count(hosts, 'host')}: ${meaning}`
}

function counted(findings: readonly PreflightFinding[], wanted: Severity): number {
  return findings.filter(({ severity }) => severity === wanted).length
}

function amount(number: number, noun: string): readonly string[] {
  return number === 0 ? [] : [count(number, noun)]
}

function mark(severity: Severity, style: Style): string {
  const colour = { error: style.red, warning: style.yellow, advice: style.cyan }[severity]
  return colour(MARKS[severity])
}
