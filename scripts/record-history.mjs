// Records a run of a cluster's operation, the newest unless one is named, as a fixture for the replay tests:
//   node scripts/record-history.mjs <host:port of Temporal> <cluster> test/histories/<version>/<name>.json [<run id>]
// Paths of this machine are taken out of the payloads; nothing else is changed.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const [, , address, cluster, file, run] = process.argv
if (file === undefined) throw new Error('usage: record-history.mjs <host:port> <cluster> <file> [<run id>]')
const project = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const cli = execFileSync('bash', [`${project}/scripts/ensure-temporal.sh`], { encoding: 'utf8' }).trim()
const text = execFileSync(
  cli,
  [
    ...['workflow', 'show', '--address', address, '-w', `cluster/${cluster}`, '--output', 'json'],
    ...(run === undefined ? [] : ['--run-id', run]),
  ],
  { maxBuffer: 1 << 28, encoding: 'utf8' },
)

function withoutPaths(value, key) {
  if (Array.isArray(value)) return value.map((item) => withoutPaths(item))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutPaths(item, name)]))
  }
  if (key !== 'data' || typeof value !== 'string') return value
  const clear = Buffer.from(value, 'base64').toString()
  const clean = clear.replaceAll(project, '/home/ops/quorate').replaceAll(homedir(), '/home/ops')
  return clean === clear ? value : Buffer.from(clean).toString('base64')
}

mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(withoutPaths(JSON.parse(text)))}\n`)
