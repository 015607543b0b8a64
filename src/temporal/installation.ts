/** This copy of Quorate: its version, its location, and how to start another process of it. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Whether this is the TypeScript source (under tsx or vitest) rather than the build. */
export const RUNS_FROM_SOURCES = import.meta.url.endsWith('.ts')

/** The folder with package.json. */
export const PACKAGE_ROOT = fileURLToPath(new URL(RUNS_FROM_SOURCES ? '../..' : '../../..', import.meta.url))

/** `src` or `dist/src`. */
const CODE_ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The version in package.json. */
export const VERSION = readVersion()

/** A program and its first arguments. */
export interface Invocation {
  readonly command: string
  readonly args: readonly string[]
}

/** How to start `quorate` with the same Node.js and the same code as this process. */
export function quorateInvocation(): Invocation {
  if (!RUNS_FROM_SOURCES) return { command: process.execPath, args: [join(CODE_ROOT, 'cli', 'main.js')] }
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  return { command: process.execPath, args: ['--import', loader, join(CODE_ROOT, 'cli', 'main.ts')] }
}

/** Changes with every change of the code: the version and the time of the newest file. */
export function codeFingerprint(): string {
  const newest = readdirSync(CODE_ROOT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0)
  return `${VERSION}-${Math.round(newest)}`
}

/** What a worker process is called in Temporal. */
export function workerIdentity(pid = process.pid): string {
  return `quorate-${VERSION}@${hostname()}:${pid}`
}

/** The Quorate version in a worker's identity; undefined when it is not the identity of a Quorate worker. */
export function versionOfWorker(identity: string): string | undefined {
  return /^quorate-(.+?)@/.exec(identity)?.[1]
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version)
  return 'unknown'
}
