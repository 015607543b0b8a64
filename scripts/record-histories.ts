/**
 * `npm run record:histories [-- <name> …]`: records the histories of this release, or some of them, for the replay test:
 * test/histories/<version>/<name>.json, and those of sealed runs (`sealed`): test/histories/sealed. Histories of another
 * sequence, which no worker of this release is given, are taken away.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TASK_QUEUE } from '../src/operations/task-queue.js'
import { VERSION } from '../src/temporal/installation.js'
import { SEALED } from '../test/support/recordings/decisions.js'
import { recordHistories, RECORDINGS, type RecordOptions } from '../test/support/recordings/record.js'

const HISTORIES = fileURLToPath(new URL('../test/histories/', import.meta.url))
const SEALED_FOLDER = 'sealed'

async function recordInto(folder: string, options: RecordOptions): Promise<void> {
  mkdirSync(join(HISTORIES, folder), { recursive: true })
  for (const { name, history } of await recordHistories(options)) {
    writeFileSync(join(HISTORIES, folder, `${name}.json`), `${history}\n`)
    process.stdout.write(`${folder}/${name}.json: ${(history.length / 1024).toFixed(0)} KiB\n`)
  }
}

function chosen(names: readonly string[]): RecordOptions['recordings'] {
  const unknown = names.filter((name) => RECORDINGS[name] === undefined)
  if (unknown.length > 0) throw new Error(`there is no recording ${unknown.join(', ')}`)
  return Object.fromEntries(Object.entries(RECORDINGS).filter(([name]) => names.includes(name)))
}

function removeOthers(): void {
  for (const file of readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.json')) continue
    if (readFileSync(join(HISTORIES, file), 'utf8').includes(`"name":"${TASK_QUEUE}"`)) continue
    rmSync(join(HISTORIES, file))
    process.stdout.write(`${file}: of another sequence, taken away\n`)
  }
}

/** With the key that seals nothing else; git keeps no file to its owner, as a key file must be. */
async function recordSealed(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-record-'))
  const path = join(folder, 'seal-key.yaml')
  try {
    writeFileSync(path, readFileSync(join(HISTORIES, SEALED_FOLDER, 'seal-key.yaml')), { mode: 0o600 })
    await recordInto(SEALED_FOLDER, { recordings: SEALED, seal: { kind: 'file', path } })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const names = process.argv.slice(2)
const plain = names.filter((name) => name !== SEALED_FOLDER)
if (names.length === 0) await recordInto(VERSION, { recordings: RECORDINGS })
if (plain.length > 0) await recordInto(VERSION, { recordings: chosen(plain) })
if (names.length === 0 || names.includes(SEALED_FOLDER)) await recordSealed()
removeOthers()
