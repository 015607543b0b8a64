/** What a run leaves behind, as a whole: the model of the cluster, every change on every host, and the journals. */
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ScriptedHost } from './scripted-host.js'

export interface EndState {
  /** Every file, e.g. `cluster:etcd/cp1/peer` or `cp1:etc/kubernetes/admin.conf`, with its mode and content. */
  readonly files: Readonly<Record<string, string>>
  /** Each mutation as the stand-ins saw it, and each unit with its exit status; sorted. */
  readonly mutations: readonly string[]
  /** Calls that no stand-in knows. */
  readonly unexpected: string
}

/** Files of the model that belong to the sweep's machinery, not to the cluster. */
const MACHINERY = /^(journal|unexpected|places|pace|hold|held|listening|addresses|commands\..*)(\/|$)/
/** Files on a host with names and times of one operation; the journal judges these. */
const OF_ONE_OPERATION =
  /^(var\/lib\/quorate\/(operations|snapshots|journal|lock(\.last)?|loaded\/haproxy)|var\/log|root|home)(\/|$)/

/** The beginning of a run's id, after which data of etcd are named. */
const OPERATION = /\b[0-9a-f]{8}-[0-9a-f]{4}\b/g

/** Looks at the end of a run. `subnet`, such as `127.20.0.`, is removed: each lane has its own. */
export function lookAtEnd(model: string, hosts: readonly ScriptedHost[], subnet: string): EndState {
  const files: Record<string, string> = {}
  const collect = (prefix: string, folder: string, left: RegExp) => {
    for (const [path, content] of walk(folder)) {
      if (left.test(path)) continue
      files[`${prefix}:${path.replace(OPERATION, 'OPERATION')}`] = content
        .replaceAll(subnet, '127.x.')
        .replaceAll(OPERATION, 'OPERATION')
    }
  }
  collect('cluster', model, MACHINERY)
  for (const host of hosts) collect(host.name, host.changes, OF_ONE_OPERATION)
  nameKeys(files)
  const mutations = [...lines(join(model, 'journal')), ...hosts.flatMap(unitsOf)].sort()
  return { files, mutations, unexpected: lines(join(model, 'unexpected')).join('\n') }
}

/** Keys that hosts have made, each by the name of its file. Two keys of one name have different names here. */
const KEY = /:etc\/kubernetes\/quorate\/encryption-keys\/(.+)$/

/** Puts names in the place of keys of encryption, which are others in each run. */
function nameKeys(files: Record<string, string>): void {
  const names = new Map<string, string>()
  for (const [path, content] of Object.entries(files).sort()) {
    const name = KEY.exec(path)?.[1]
    const key = content.slice(content.indexOf(' ') + 1).trim()
    if (name === undefined || key === '' || names.has(key)) continue
    names.set(key, `<${name} of ${path.split(':')[0] ?? ''}>`)
  }
  for (const [path, content] of Object.entries(files)) {
    files[path] = [...names].reduce((text, [key, name]) => text.replaceAll(key, name), content)
  }
}

/**
 * What differs from the end of a clean run, in words; empty if nothing does.
 * @param repeatable mutations that may have been made more often.
 */
export function differences(clean: EndState, seen: EndState, repeatable?: RegExp): readonly string[] {
  const paths = new Set([...Object.keys(clean.files), ...Object.keys(seen.files)])
  const files = [...paths].sort().flatMap((path) => {
    const [expected, found] = [clean.files[path], seen.files[path]]
    if (expected === found) return []
    if (found === undefined) return [`missing: ${path}`]
    if (expected === undefined) return [`left over: ${path}`]
    return [`differs: ${path}: ${firstLine(expected)} → ${firstLine(found)}`]
  })
  const mutations = new Set([...clean.mutations, ...seen.mutations])
  const counts = [...mutations].sort().flatMap((mutation) => {
    const [expected, found] = [clean, seen].map(
      (end) => end.mutations.filter((one) => one === mutation).length,
    )
    const isEnough = repeatable?.test(mutation) === true && (found ?? 0) > (expected ?? 0) && expected !== 0
    return expected === found || isEnough
      ? []
      : [`${found ?? 0} times instead of ${expected ?? 0}: ${mutation}`]
  })
  return [...files, ...counts, ...(seen.unexpected === '' ? [] : [`not scripted: ${seen.unexpected}`])]
}

function unitsOf(host: ScriptedHost): string[] {
  return lines(join(host.changes, 'var/lib/quorate/journal')).map((line) => {
    const [, event = '', , ...rest] = line.split(' ')
    return `${host.name} unit ${event} ${rest.join(' ')}`
  })
}

function lines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

function* walk(folder: string, prefix = ''): Generator<[string, string]> {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name)
    const stat = lstatSync(path)
    const mode = (stat.mode & 0o7777).toString(8)
    if (stat.isDirectory()) {
      yield [`${prefix}${name}/`, mode]
      yield* walk(path, `${prefix}${name}/`)
    } else if (stat.isFile()) {
      const text = readFileSync(path, 'utf8')
      // Images are pulled in parallel, in any order.
      yield [`${prefix}${name}`, `${mode} ${name === 'images' ? text.split('\n').sort().join('\n') : text}`]
    } else {
      yield [`${prefix}${name}`, stat.isCharacterDevice() ? 'removed' : 'special']
    }
  }
}

function firstLine(text: string): string {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8)
  return `${text.split('\n')[0]?.slice(0, 80) ?? ''} (${digest})`
}
