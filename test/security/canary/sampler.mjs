/**
 * Looks at arguments and environments of all descendants of a process, as often as it can, until its standard input is
 * closed; then prints what it has seen: a line of JSON for each, once. What is searched for comes into no argument here.
 */
import { readdirSync, readFileSync } from 'node:fs'

const root = Number(process.argv[2])
const seen = new Map()
let rounds = 0
let done = false
process.stdin.on('end', () => (done = true)).resume()

function read(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function look() {
  const parents = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = read(`/proc/${name}/stat`)
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
  }
  for (const pid of parents.keys()) {
    let above = pid
    while (above > 1 && above !== root) above = parents.get(above) ?? 0
    if (above !== root || pid === process.pid) continue
    for (const kind of ['cmdline', 'environ']) {
      const text = read(`/proc/${pid}/${kind}`)
      if (text !== '') seen.set(`${kind} ${text}`, { kind, text })
    }
  }
  rounds += 1
}

function next() {
  look()
  if (!done) return setImmediate(next)
  const lines = [{ kind: 'rounds', text: String(rounds) }, ...seen.values()]
  process.stdout.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}
next()
