/**
 * Every secret of a cluster is looked for wherever it must not be, in every form: the database, histories, logs, what hosts
 * keep, and arguments and environments of every process on both sides, sampled all the time. Scripted hosts (test/faults/sweep);
 * the keys of a real kubeadm are looked for in test/e2e/stacked.test.ts.
 */
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster } from '../../../src/cluster/model.js'
import type { Fault } from '../../faults/sweep/faults.js'
import type { Lane } from '../../faults/sweep/lane.js'
import { Sweep } from '../../faults/sweep/sweep.js'
import { PROJECT } from '../../support/process.js'
import { secretsIn } from './needles.js'
import { defined } from '../../../src/values/defined.js'

const VARIABLE = 'CANARY_REGISTRY_PASSWORD'
const HOSTS_TOML = '/etc/containerd/certs.d/'
const TOKENS_EVERY_MS = 10

/** By what they are. Characters that URLs, JSON and shells have another form for. */
const secrets = new Map<string, string>([
  ['the password of a login', 'canary-login/é "1" %41&'],
  ['the password of sudo', "canary-sudo/é '2' %42&"],
  ['the password of a registry, in a file', 'canary-registry/é "3" %43&'],
  ['the password of a registry, in a variable', 'canary-variable/é "4" %44&'],
  // What the scripted kubeadm writes for keys and kubeconfigs.
  ["the cluster authority's key", 'ca.key of cluster'],
  ["the key of etcd's authority", 'etcd/ca.key of cluster'],
  ['the key of service accounts', 'sa.key of cluster'],
  ["the administrator's kubeconfig", 'admin.conf of cp'],
])

let folder: string
let sweep: Sweep
let lane: Lane

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-canary-'))
  sweep = await Sweep.open({
    lanes: 1,
    change: withSecrets,
    environment: { [VARIABLE]: secrets.get('the password of a registry, in a variable') ?? '' },
  })
  const [only] = sweep.lanes
  if (only === undefined) throw new Error('there is no lane')
  lane = only
})
afterAll(async () => {
  await sweep.close()
  rmSync(folder, { recursive: true, force: true })
})

function withSecrets(cluster: Cluster): Cluster {
  const login = (username: string, password: { env: string } | { file: string }) => ({ username, password })
  const inFile = (name: string) => ({ file: secretFile(name) })
  const registries = [
    {
      registry: 'one.lab',
      endpoint: 'https://one.lab',
      login: login(ROBOT, inFile('the password of a registry, in a file')),
    },
    { registry: 'two.lab', endpoint: 'https://two.lab', login: login(ROBOT, { env: VARIABLE }) },
  ]
  const hosts = cluster.hosts.map((host) => ({
    ...host,
    ssh: {
      ...host.ssh,
      password: inFile('the password of a login'),
      sudoPassword: inFile('the password of sudo'),
    },
  }))
  return { ...cluster, hosts, containerRuntime: { ...cluster.containerRuntime, registries } }
}

/** What the worker reads only where others cannot. */
let modeOfSecrets = 0o600

function secretFile(name: string): string {
  const path = join(folder, name.replaceAll(/\W+/g, '-'))
  writeFileSync(path, secrets.get(name) ?? '')
  chmodSync(path, modeOfSecrets)
  return path
}

/** No secret, and part of the input: it shows that the places are looked at where payloads are readable. */
const CONTROL = new Map([['the name of a registry user', 'canary-robot/é "5"']])
const ROBOT = [...CONTROL.values()].join('')

/** What is found where nothing of it may be. */
interface Found {
  readonly place: string
  readonly what: string
}

/** Runs, looks on, and tells every secret that was somewhere. */
async function leaksOf(
  name: string,
  faults: readonly Fault[],
): Promise<{ leaks: readonly Found[]; failure?: string; rounds: number; isReadable: boolean }> {
  const sampler = startSampler()
  const tokens = watchTokens(join(lane.model, 'tokens'))
  const { history, failure } = await lane.run(name, faults)
  for (const token of tokens.end()) secrets.set(`a bootstrap token (${token.slice(0, 3)}…)`, token)
  const processes = await sampler.end()
  const leaks = [
    ...found('history', textsOf(history)),
    ...['engine.db', 'engine.db-wal', 'server.log'].flatMap((file) =>
      found(file, textOf(join(sweep.server.home.folder, file))),
    ),
    ...found("the worker's log", textOf(lane.log)),
    ...lane.hosts.flatMap((host) => hostLeaks(host.name, host.changes)),
    ...processes.seen.flatMap(({ kind, text }) => found(kind, withoutItsVariable(kind, text))),
  ]
  const database = ['engine.db', 'engine.db-wal'].map((file) => textOf(join(sweep.server.home.folder, file)))
  const isReadable = [textsOf(history), database.join('')].every(
    (text) => secretsIn(text, CONTROL).length > 0,
  )
  return { leaks, isReadable, rounds: processes.rounds, ...defined({ failure }) }
}

function found(place: string, text: string): readonly Found[] {
  return secretsIn(text, secrets).map((what) => ({ place, what }))
}

function textOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? '' : readFileSync(path).toString()
}

/** Every text in a history, with those of payloads, which are bytes. */
function textsOf(value: unknown): string {
  if (typeof value === 'string') return `${value}\n`
  if (value instanceof Uint8Array) return `${Buffer.from(value).toString()}\n`
  if (typeof value !== 'object' || value === null) return ''
  return Object.values(value).map(textsOf).join('')
}

/** The worker has the variable by its owner's wish; nobody else may. */
function withoutItsVariable(kind: string, text: string): string {
  if (kind !== 'environ') return text
  return text
    .split('\0')
    .filter((one) => !one.startsWith(`${VARIABLE}=`))
    .join('\n')
}

/** Where a host may have secrets: kubeadm's own files, and the files of registries, which only root may read. */
function hostLeaks(host: string, changes: string): readonly Found[] {
  return readdirSync(changes, { recursive: true, encoding: 'utf8' }).flatMap((relative) => {
    const file = `/${relative}`
    const stat = statSync(join(changes, relative), { throwIfNoEntry: false })
    if (stat?.isFile() !== true || file.startsWith('/etc/kubernetes/')) return []
    if (file.startsWith(HOSTS_TOML))
      return (stat.mode & 0o077) === 0 ? [] : [{ place: `${host}:${file}`, what: 'open to others' }]
    return found(`${host}:${file}`, readFileSync(join(changes, relative)).toString())
  })
}

/** Tokens live for the time of a join. */
function watchTokens(tokens: string): { end(): readonly string[] } {
  const known = new Set<string>()
  const look = () => {
    for (const id of readdirSync(tokens)) {
      const secret = textOf(join(tokens, id, 'secret')).trim()
      if (secret.length === 16) known.add(secret)
    }
  }
  const timer = setInterval(() => {
    try {
      look()
    } catch {
      // The model is made again.
    }
  }, TOKENS_EVERY_MS)
  return {
    end: () => {
      clearInterval(timer)
      return [...known]
    },
  }
}

interface Seen {
  readonly kind: string
  readonly text: string
}

function startSampler(): { end(): Promise<{ seen: readonly Seen[]; rounds: number }> } {
  const script = join(PROJECT, 'test/security/canary/sampler.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, String(process.pid)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const ended = new Promise((resolve) => child.once('close', resolve))
  return {
    end: async () => {
      child.stdin.end()
      await ended
      const [rounds, ...seen] = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Seen)
      return { seen, rounds: Number(rounds?.text) }
    },
  }
}

describe('a cluster secret appears only where it belongs', { timeout: 400_000 }, () => {
  it('after an apply', async () => {
    const { leaks, failure, rounds, isReadable } = await leaksOf('canary', [])
    expect({ leaks, failure }).toEqual({ leaks: [], failure: undefined })
    expect([isReadable, rounds > 100]).toEqual([true, true])
    expect([...secrets.keys()].filter((name) => name.startsWith('a bootstrap token'))).not.toEqual([])
    const [cp1] = lane.hosts
    // It did get where it belongs; otherwise nothing was looked for.
    const toml = readFileSync(join(cp1?.changes ?? '', HOSTS_TOML, 'one.lab', 'hosts.toml'), 'utf8')
    const password = secrets.get('the password of a registry, in a file') ?? ''
    expect(toml).toContain(Buffer.from(`${ROBOT}:${password}`).toString('base64'))
  })

  it('after the worker died during a join', async () => {
    const fault: Fault = { kind: 'worker-killed', boundary: 'joinControlPlane/cp2', place: 'after-effect' }
    const { leaks, failure } = await leaksOf('canary-killed', [fault])
    expect({ leaks, failure }).toEqual({ leaks: [], failure: undefined })
  })

  it('after a run that got no password and says so', async () => {
    modeOfSecrets = 0o644
    const { leaks, failure } = await leaksOf('canary-refused', [])
    expect(failure).toContain('SECRET_NEEDED')
    expect(leaks).toEqual([])
  })
})

describe('the search for secrets', () => {
  const secret = secrets.get('the password of a login') ?? ''
  it.each([
    ['as it is', (text: string) => text],
    ['in base64', (text: string) => Buffer.from(text).toString('base64')],
    ['in base64 after one byte', (text: string) => Buffer.from(`x${text}y`).toString('base64')],
    ['in base64 after two bytes', (text: string) => Buffer.from(`xx${text}yy`).toString('base64')],
    ['in hexadecimal digits', (text: string) => Buffer.from(text).toString('hex')],
    ['in a URL', encodeURIComponent],
    ['in JSON', (text: string) => JSON.stringify(text)],
  ])('finds one %s', (_form, encode) => {
    expect(secretsIn(`before ${encode(secret)} after`, secrets)).toContain('the password of a login')
  })
})
