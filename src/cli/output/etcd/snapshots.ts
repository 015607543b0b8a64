/** Snapshots in all places as one table: a row for each, the newest first. */
import type { SnapshotsChecked, SnapshotSeen, SnapshotsFound } from '../../../client/over-ssh.js'
import { plainLine } from '../../../values/plain-text.js'
import { count } from '../../../values/words.js'
import type { Style } from '../../io.js'
import { formatBytes } from '../bytes.js'
import { formatDuration } from '../duration.js'
import { renderReport } from '../report.js'
import { renderTable } from '../table.js'

const HEADER = ['SNAPSHOT', 'TAKEN (UTC)', 'REVISION', 'KEYS', 'SIZE', 'HOSTS', 'ARCHIVES']

/** A snapshot, and where it is. */
interface Listed {
  readonly seen: SnapshotSeen
  readonly hosts: readonly string[]
  readonly archives: readonly string[]
}

function listed({ snapshots }: SnapshotsFound): readonly Listed[] {
  const names = [...new Set(snapshots.map(({ record }) => record.name))]
  const placesOf = (all: readonly SnapshotSeen[], kind: SnapshotSeen['kind']) =>
    all.filter((one) => one.kind === kind).map(({ place }) => place)
  return names
    .flatMap((name) => {
      const all = snapshots.filter(({ record }) => record.name === name)
      const [seen] = all
      return seen === undefined
        ? []
        : [{ seen, hosts: placesOf(all, 'host'), archives: placesOf(all, 'archive') }]
    })
    .toSorted((a, b) => (a.seen.record.takenAt < b.seen.record.takenAt ? 1 : -1))
}

/** For programs. Every snapshot that is listed was verified when it was kept. */
export function snapshotList(found: SnapshotsFound): object {
  const all = listed(found)
  const ageMs = newestAgeMs(found)
  return {
    snapshots: all.map(({ seen: { record }, hosts, archives }) => ({ ...record, hosts, archives })),
    ...(ageMs === undefined ? {} : { newestAgeSeconds: Math.round(ageMs / 1000) }),
    unreachable: found.unreachable,
  }
}

/** How long ago the newest was taken, in milliseconds; undefined if there is none whose date can be right. */
export function newestAgeMs(found: SnapshotsFound): number | undefined {
  return ageOf(listed(found))
}

/** By how much the clock of a host may be ahead of the one here: hosts and this machine need not agree to the second. */
const MOST_AHEAD_MS = 5 * 60_000

function ageOf(all: readonly Listed[]): number | undefined {
  const newest = all.find((one) => !isOfFuture(one))
  return newest === undefined ? undefined : Math.max(0, Date.now() - Date.parse(newest.seen.record.takenAt))
}

/** Its date says nothing about its age. */
function isOfFuture({ seen: { record } }: Listed): boolean {
  return Date.parse(record.takenAt) > Date.now() + MOST_AHEAD_MS
}

/** The table, places that do not answer, and the age of the newest. */
export function renderSnapshots(cluster: string, found: SnapshotsFound, style: Style): string[] {
  const all = listed(found)
  const rows = all.map(({ seen: { record }, hosts, archives }) => [
    style.bold(plainLine(record.name)),
    record.takenAt.slice(0, 19).replace('T', ' '),
    String(record.revision),
    record.keys === undefined ? '' : String(record.keys),
    formatBytes(record.bytes),
    plainLine(hosts.join(', ')),
    plainLine(archives.join(', ')),
  ])
  return [
    ...(rows.length === 0 ? [] : [...renderTable(HEADER, rows, style), '']),
    ...found.unreachable.flatMap((report) => [...renderReport(report, style), '']),
    ...all.filter(isOfFuture).map(({ seen: { record } }) => {
      const what = `${record.name} is dated in the future, and does not count: look at the clock of ${record.host}`
      return `${style.yellow('⚠')} ${plainLine(what)}`
    }),
    summary(cluster, all, style),
  ]
}

function summary(cluster: string, all: readonly Listed[], style: Style): string {
  const name = style.bold(plainLine(cluster))
  const ageMs = ageOf(all)
  if (ageMs === undefined && all.length > 0)
    return `${style.yellow('⚠')} ${name}: ${count(all.length, 'snapshot')}, none with a date that can be right`
  if (ageMs === undefined)
    return `${style.yellow('⚠')} ${name}: no snapshot; \`quorate etcd snapshot\` takes one`
  return `${style.green('✔')} ${name}: ${count(all.length, 'snapshot')}; the newest was verified ${formatDuration(ageMs)} ago`
}

const WORDS = {
  sound: (style: Style) => style.green('sound'),
  damaged: (style: Style) => style.red('damaged'),
  missing: (style: Style) => style.red('missing'),
} as const

/** What was found in each place. */
export function renderChecked(
  name: string,
  { places, unreachable }: SnapshotsChecked,
  style: Style,
): string[] {
  const rows = places.map(({ place, is }) => [style.bold(plainLine(place)), WORDS[is](style)])
  const bad = places.filter(({ is }) => is !== 'sound')
  const mark = bad.length === 0 ? style.green('✔') : style.red('✘')
  const what =
    bad.length === 0
      ? `sound in ${count(places.length, 'place')}`
      : `not sound in ${count(bad.length, 'place')}`
  return [
    ...renderTable(['PLACE', 'SNAPSHOT'], rows, style),
    ...unreachable.flatMap((report) => ['', ...renderReport(report, style)]),
    '',
    `${mark} ${style.bold(plainLine(name))}: ${what}`,
  ]
}
