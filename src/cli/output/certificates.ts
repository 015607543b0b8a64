/** Certificates as a table: those that end first come first. */
import type { CertificateSeen, CertificatesFound } from '../../client/over-ssh.js'
import type { ErrorReport } from '../../errors/index.js'
import { plainLine } from '../../values/plain-text.js'
import { count } from '../../values/words.js'
import type { Style } from '../io.js'
import { formatDuration } from './duration.js'
import { renderReport } from './report.js'
import { renderTable } from './table.js'

const HEADER = ['HOST', 'CERTIFICATE', 'ENDS (UTC)', 'LEFT', 'RENEWED BY', 'SERVED']

const RENEWERS: Readonly<Record<CertificateSeen['renewedBy'], string>> = {
  quorate: 'certificates renew',
  apply: 'certificates renew, apply',
  authority: "nobody: etcd's CA has no key",
  kubelet: 'kubelet',
  ca: 'nobody: it is a CA',
  owner: 'its owner',
}

/** The table, hosts that did not answer, and what must be done. */
export function renderCertificates(
  cluster: string,
  { certificates, unreachable }: CertificatesFound,
  style: Style,
): string[] {
  const rows = onEachHost(certificates).map(({ one, hosts }) => [
    style.bold(plainLine(hosts.toSorted().join(', '))),
    plainLine(one.name),
    one.notAfter.slice(0, 16).replace('T', ' '),
    left(one, style),
    RENEWERS[one.renewedBy],
    served(one, style),
  ])
  const silent = unreachable.map(({ host = '' }) => [
    style.bold(plainLine(host)),
    style.red('does not answer'),
  ])
  return [
    ...renderTable(HEADER, [...rows, ...silent], style),
    ...unreachable.flatMap((report: ErrorReport) => ['', ...renderReport(report, style)]),
    '',
    summary(cluster, certificates, style),
  ]
}

/** One certificate that several hosts have, such as a CA, is one row. */
function onEachHost(certificates: readonly CertificateSeen[]) {
  const rows = new Map<string, { readonly one: CertificateSeen; readonly hosts: string[] }>()
  for (const one of certificates) {
    const key = `${one.fingerprint} ${one.path} ${one.served === undefined ? '' : one.host}`
    const row = rows.get(key)
    if (row === undefined) rows.set(key, { one, hosts: [one.host] })
    else row.hosts.push(one.host)
  }
  return [...rows.values()]
}

const COLOURS = { none: 'green', soon: 'yellow', urgent: 'red', ended: 'red' } as const

function left({ leftMs, urgency }: CertificateSeen, style: Style): string {
  return style[COLOURS[urgency]](urgency === 'ended' ? 'ended' : formatDuration(leftMs))
}

function served({ served: seen }: CertificateSeen, style: Style): string {
  if (seen === undefined) return ''
  const port = seen.at.slice(seen.at.lastIndexOf(':'))
  switch (seen.shows) {
    case 'same':
      return `${style.green('yes')} ${port}`
    case 'other':
      return `${style.red('another one')} ${port}`
    case 'silent':
      return `${style.yellow('no answer')} ${port}`
  }
}

function summary(cluster: string, certificates: readonly CertificateSeen[], style: Style): string {
  const number = (...urgencies: readonly CertificateSeen['urgency'][]) =>
    certificates.filter(({ urgency }) => urgencies.includes(urgency)).length
  const [ended, ending] = [number('ended'), number('soon', 'urgent')]
  const stale = certificates.filter((one) => one.served?.shows === 'other').length
  const found = [
    ...(ended === 0 ? [] : [`${count(ended, 'certificate')} ended`]),
    ...(ending === 0 ? [] : [`${count(ending, 'certificate')} to renew soon`]),
    ...(stale === 0 ? [] : [`${count(stale, 'component')} not serving the certificate on disk`]),
  ]
  const name = style.bold(plainLine(cluster))
  if (found.length === 0)
    return `${style.green('✔')} ${name}: ${count(certificates.length, 'certificate')}, none to renew`
  const mark = ended > 0 ? style.red('✘') : style.yellow('⚠')
  return `${mark} ${name}: ${found.join(', ')}; \`quorate certificates renew\` renews what it can`
}
