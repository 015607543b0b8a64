/**
 * `npm run record:histories [-- <name> …]`: records the histories of this release, or some of them, for the replay test:
 * test/histories/<version>/<name>.json. Histories of another sequence, which no worker of this release is given, are
 * taken away.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TASK_QUEUE } from '../src/cluster/operation.js'
import { VERSION } from '../src/temporal/runtime.js'
import { recordHistories } from '../test/support/recordings/record.js'

const HISTORIES = fileURLToPath(new URL('../test/histories/', import.meta.url))
const names = process.argv.slice(2)

const recorded = await recordHistories(names.length === 0 ? {} : { names })
const folder = join(HISTORIES, VERSION)
mkdirSync(folder, { recursive: true })
for (const { name, history } of recorded) {
  writeFileSync(join(folder, `${name}.json`), `${history}\n`)
  process.stdout.write(`${VERSION}/${name}.json: ${(history.length / 1024).toFixed(0)} KiB\n`)
}
for (const file of readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.json')) continue
  const isOfThisSequence = readFileSync(join(HISTORIES, file), 'utf8').includes(`"name":"${TASK_QUEUE}"`)
  if (isOfThisSequence) continue
  rmSync(join(HISTORIES, file))
  process.stdout.write(`${file}: of another sequence, taken away\n`)
}
