/** Showing log files: the worker's JSON lines in words, the server's as they are. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { plainText } from '../../values/plain-text.js'
import { formatTime } from './duration.js'

const FOLLOW_MS = 250
/** pino's numbers. */
const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
/** Fields that every line has, or that are shown elsewhere in it. */
const HIDDEN_FIELDS = [
  'level',
  'time',
  'msg',
  'pid',
  'hostname',
  'version',
  'err',
  'sdkComponent',
  'taskQueue',
  // Says nothing to a person, and is as long as the rest of the line.
  'taskToken',
]

export interface LogFile {
  readonly name: string
  readonly path: string
}

interface LogOptions {
  readonly lines: number
  readonly follow: boolean
  readonly print: (line: string) => void
}

/** Prints the end of each file and then, with `follow`, what is added to any of them. */
export async function showLogs(
  files: readonly LogFile[],
  { lines, follow, print }: LogOptions,
): Promise<void> {
  const positions = new Map<string, number>()
  for (const { name, path } of files) {
    if (!existsSync(path)) continue
    const text = readFileSync(path, 'utf8')
    positions.set(path, Buffer.byteLength(text))
    const last = text.trimEnd().split('\n').slice(-lines)
    last.filter((line) => line !== '').forEach((line) => print(formatLogLine(name, line)))
  }
  while (follow) {
    await delay(FOLLOW_MS)
    for (const { name, path } of files) {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
      const known = positions.get(path) ?? 0
      positions.set(path, size)
      // A smaller file is a new one.
      if (size !== known)
        await printFrom(path, size < known ? 0 : known, (line) => print(formatLogLine(name, line)))
    }
  }
}

/** `11:20:03 worker info  worker polls address=127.0.0.1:7233` */
export function formatLogLine(name: string, line: string): string {
  return plainText(formatted(name, line)).replaceAll('\n', ' ')
}

function formatted(name: string, line: string): string {
  const entry = parseEntry(line)
  if (entry === undefined) return `${name}: ${line}`
  const { time, level, msg, err } = entry
  const fields = Object.entries(entry)
    .filter(([key]) => !HIDDEN_FIELDS.includes(key))
    .map(([key, value]) => `${key}=${asText(value)}`)
  const message =
    typeof err === 'object' && err !== null && 'message' in err ? `: ${asText(err.message)}` : ''
  const when = typeof time === 'number' ? formatTime(time) : ''
  const severity = (LEVELS[typeof level === 'number' ? level : 0] ?? '').padEnd(5)
  return [when, name, severity, `${typeof msg === 'string' ? msg : ''}${message}`, ...fields].join(' ')
}

// `String` throws for an object whose `toString` is no function.
function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null ? { ...entry } : undefined
  } catch {
    return undefined
  }
}

async function printFrom(path: string, start: number, print: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(path, { start }) })) print(line)
}
