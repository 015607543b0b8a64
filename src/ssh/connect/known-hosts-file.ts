/**
 * Reads known_hosts files of any size line by line. Keeps only the lines about the requested host, and reads a file
 * again only when it has changed.
 */
import { createReadStream } from 'node:fs'
import { appendFile, mkdir, open, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { namesMatch, namesOf, parseKnownHostLine, type KnownHostEntry } from './known-hosts.js'

/** Longer lines cannot belong to known_hosts, and nobody writes more lines than this about one host. */
const MAX_LINE = 1024 * 1024
const MAX_ENTRIES = 10_000

/** How many names' lines are kept per file. */
const MAX_REMEMBERED = 1_000

interface Remembered {
  readonly version: string
  readonly byName: Map<string, Promise<readonly KnownHostEntry[]>>
}

const remembered = new Map<string, Remembered>()

/**
 * The lines of a file about a host of this name; none if there is no such file.
 * @throws Error if it cannot be read.
 */
export async function knownHostsOf(file: string, name: string): Promise<readonly KnownHostEntry[]> {
  const version = await fileVersion(file)
  let known = remembered.get(file)
  if (known?.version !== version || known.byName.size > MAX_REMEMBERED) {
    known = { version, byName: new Map() }
    remembered.set(file, known)
  }
  const entries = known.byName.get(name) ?? scan(file, name)
  known.byName.set(name, entries)
  entries.catch(() => known.byName.delete(name))
  return entries
}

/** A text that changes whenever the file does. */
export async function fileVersion(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
    return [ino, size, mtimeNs, ctimeNs].join('-')
  } catch {
    return 'none'
  }
}

async function scan(file: string, name: string): Promise<readonly KnownHostEntry[]> {
  const entries: KnownHostEntry[] = []
  let number = 0
  for await (const line of linesOf(file)) {
    number += 1
    const about = namesOf(line)
    if (about === undefined || !namesMatch(about, name)) continue
    const entry = parseKnownHostLine(line, file, number)
    if (entry === undefined) continue
    if (entries.length === MAX_ENTRIES) throw new Error(`more than ${MAX_ENTRIES} lines are about one host`)
    entries.push(entry)
  }
  return entries
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const chunk of createReadStream(file, { encoding: 'utf8' }) as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE) throw new Error(`a line is longer than ${MAX_LINE} characters`)
      yield* lines
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  yield rest
}

/**
 * Adds a line to the end of a file.
 * @throws Error if it cannot be written, or is not a known_hosts file.
 */
export async function appendKnownHost(file: string, line: string): Promise<void> {
  // The path may come from a cluster file that somebody else wrote.
  if (!(await holdsKnownHosts(file)))
    throw new Error('it is not a known_hosts file: none of its lines has that format')
  // Creates only the user's own `.ssh` folder. If any other folder is missing, the path is a mistake.
  const folder = join(homedir(), '.ssh')
  if (dirname(file) === folder) await mkdir(folder, { recursive: true, mode: 0o700 })
  const lineEnd = (await endsWithLine(file)) ? '' : '\n'
  // Appends in one write: other programs may append at the same time, and the file keeps its mode.
  await appendFile(file, `${lineEnd}${line}\n`, { mode: 0o600 })
}

/** Whether the file has a line of known_hosts, or only blank lines and comments: it may be new. */
async function holdsKnownHosts(file: string): Promise<boolean> {
  let isEmpty = true
  for await (const line of linesOf(file)) {
    if (parseKnownHostLine(line, file, 0) !== undefined) return true
    isEmpty &&= /^\s*(?:#|$)/.test(line)
  }
  return isEmpty
}

async function endsWithLine(file: string): Promise<boolean> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size === 0) return true
  const handle = await open(file, 'r')
  try {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
    return buffer.toString() === '\n'
  } finally {
    await handle.close()
  }
}
