/** Certificates as a table: those that end first come first. */
import type { BrokenCertificate, CertificateSeen, CertificatesFound } from '../../client/over-ssh.js'
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
  { certificates, broken, unreachable }: CertificatesFound,
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
  const unreadable = broken.map(({ host, name, renewedBy }) => [
    style.bold(plainLine(host)),
    plainLine(name),
    '',
    style.red('broken'),
    RENEWERS[renewedBy],
  ])
  const silent = unreachable.map(({ host = '' }) => [
    style.bold(plainLine(host)),
    style.red('does not answer'),
  ])
  return [
    ...renderTable(HEADER, [...unreadable, ...rows, ...silent], style),
    ...unreachable.flatMap((report: ErrorReport) => ['', ...renderReport(report, style)]),
    '',
    summary(cluster, certificates, broken, style),
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

function summary(
  cluster: string,
  certificates: readonly CertificateSeen[],
  broken: readonly BrokenCertificate[],
  style: Style,
): string {
  const number = (...urgencies: readonly CertificateSeen['urgency'][]) =>
    certificates.filter(({ urgency }) => urgencies.includes(urgency)).length
  const [ended, ending] = [number('ended'), number('soon', 'urgent')]
  const stale = certificates.filter((one) => one.served?.shows === 'other').length
  const found = [
    ...(broken.length === 0 ? [] : [`${count(broken.length, 'file')} without a certificate`]),
    ...(ended === 0 ? [] : [`${count(ended, 'certificate')} ended`]),
    ...(ending === 0 ? [] : [`${count(ending, 'certificate')} to renew soon`]),
    ...(stale === 0 ? [] : [`${count(stale, 'component')} not serving the certificate on disk`]),
  ]
  const name = style.bold(plainLine(cluster))
  if (found.length === 0)
    return `${style.green('✔')} ${name}: ${count(certificates.length, 'certificate')}, none to renew`
  const mark = ended + broken.length > 0 ? style.red('✘') : style.yellow('⚠')
  // Dates do not show these, so they are looked at only on hosts that are named.
  const named = broken.filter(({ renewedBy }) => renewedBy === 'quorate').map(({ host }) => plainLine(host))
  const hosts = [...new Set(named)].join(' ')
  const renew = hosts === '' ? 'quorate certificates renew' : `quorate certificates renew ${hosts}`
  return `${mark} ${name}: ${found.join(', ')}; \`${renew}\` renews what it can`
}
