/** The workflow bundle for tests: built once for all test files, and again when anything that it can hold has changed. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { buildWorkflowBundle } from '../../src/temporal/bundle.js'

const ROOT = join(import.meta.dirname, '..', '..')
const CACHE = join(ROOT, '.cache', 'workflow-bundles')
const built = new Map<string, Promise<{ code: string }>>()

/**
 * The bundle of the workflows that a module exports. Building one takes some ten seconds, which each test file would
 * spend for itself: they share one by a file whose name holds the digest of all sources.
 * @param workflows the module's path; without it, the product's own workflows.
 */
export function testBundle(workflows?: string): Promise<{ code: string }> {
  const key = workflows ?? ''
  const bundle = built.get(key) ?? fromCache(workflows)
  built.set(key, bundle)
  return bundle
}

async function fromCache(workflows: string | undefined): Promise<{ code: string }> {
  const name = createHash('sha256')
    .update(workflows ?? '')
    .digest('hex')
    .slice(0, 8)
  const path = join(CACHE, `${name}-${await digestOfSources(workflows)}.js`)
  const cached = await readFile(path, 'utf8').catch(() => undefined)
  if (cached !== undefined) return { code: cached }
  const { code } = await buildWorkflowBundle(workflows)
  await keep(name, path, code)
  return { code }
}

async function digestOfSources(workflows: string | undefined): Promise<string> {
  const folders = [join(ROOT, 'src'), ...(workflows === undefined ? [] : [dirname(resolve(workflows))])]
  const listed = await Promise.all(
    folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })),
  )
  const files = listed
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const digest = createHash('sha256')
  for (const file of [join(ROOT, 'package-lock.json'), ...files.sort()]) {
    digest.update(`${file}\0`).update(await readFile(file))
  }
  return digest.digest('hex').slice(0, 32)
}

/** Other test processes may do the same now: they see the whole file or none. */
async function keep(name: string, path: string, code: string): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  for (const old of await readdir(CACHE)) {
    if (old.startsWith(`${name}-`) && old.endsWith('.js')) await rm(join(CACHE, old), { force: true })
  }
  await writeFile(`${path}.${process.pid}`, code)
  await rename(`${path}.${process.pid}`, path)
}
