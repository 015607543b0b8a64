/** Preflight as text: all findings, each with how to fix it, and a summary. */
import type { Cluster } from '../../cluster/model.js'
import type { PreflightFinding, Severity } from '../../preflight/finding.js'
import { count } from '../../values/words.js'
import type { Style } from '../io.js'
import { mark, renderFindings } from './findings.js'

/** The lines of a preflight; findings are wrapped to the given width, in columns. */
export function renderPreflight(
  cluster: Cluster,
  kubernetesVersion: string,
  findings: readonly PreflightFinding[],
  style: Style,
  columns: number,
): string[] {
  const hosts = cluster.hosts.map(({ name }) => name)
  const well = hosts.filter((name) => !findings.some(({ host }) => host === name))
  return [
    `preflight of ${style.bold(cluster.name)}: Kubernetes ${kubernetesVersion}, ${count(hosts.length, 'host')}`,
    ...(findings.length === 0 ? [] : ['', ...renderFindings(findings, style, columns)]),
    ...(findings.length > 0 && well.length > 0
      ? ['', `${style.green('✔')} nothing found on ${well.join(', ')}`]
      : []),
    '',
    summary(hosts.length, findings, style),
  ]
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
  const meaning = worst === 'error' ? 'an apply would not start' : 'an apply would start'
  return `${mark(worst, style)} ${counts} on ${touched} of ${count(hosts, 'host')}: ${meaning}`
}

function counted(findings: readonly PreflightFinding[], wanted: Severity): number {
  return findings.filter(({ severity }) => severity === wanted).length
}

function amount(number: number, noun: string): readonly string[] {
  return number === 0 ? [] : [count(number, noun)]
}
