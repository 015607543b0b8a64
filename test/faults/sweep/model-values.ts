/** Objects of the model whose values in etcd may be encrypted: read and written as an API server does, by what it has loaded. */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { NOT_FOUND, type ApiAnswer, type Asked } from '../../support/api-server.js'

const SECRET = /^\/api\/v1\/namespaces\/default\/secrets\/([^/]+)$/

/** What a value begins with that is not encrypted. */
const PLAIN = 'k8s:plain:'

type Provider = Readonly<Record<string, { readonly keys?: readonly { name: string; secret: string }[] }>>

interface Loaded {
  readonly resources: readonly {
    readonly resources: readonly string[]
    readonly providers: readonly Provider[]
  }[]
}

/** Answers requests for a Secret; undefined for all others. `host`: that of the API server. */
export function answerValue(
  model: string,
  host: string,
  { method, path, body }: Asked,
): ApiAnswer | undefined {
  const name = SECRET.exec(new URL(path, 'https://api').pathname)?.[1]
  if (name === undefined || (method !== 'GET' && method !== 'PUT')) return undefined
  const file = join(model, 'values', 'secrets', 'default', name)
  if (!existsSync(file)) return NOT_FOUND
  const stored = readFileSync(file, 'utf8')
  const beginnings = beginningsOf(model, host)
  const used = beginnings.find((beginning) => stored.startsWith(beginning))
  // Whoever cannot read a value cannot replace it either.
  if (used === undefined) return { status: 500, body: 'unable to transform key: no matching prefix found' }
  if (method === 'GET') return { body: JSON.parse(stored.slice(used.length)) as object }
  const [writer = ''] = beginnings
  // An object that is replaced by itself is written only if its value is not of the first key.
  if (used === writer && stored.slice(used.length) === body) return { body: JSON.parse(body) as object }
  writeFileSync(`${file}.new`, `${writer}${body}`)
  renameSync(`${file}.new`, file)
  const key = writer === PLAIN ? 'no key' : (writer.split(':')[4] ?? '')
  appendFileSync(join(model, 'journal'), `${host} API writes secret ${name} with ${key}\n`)
  return { body: JSON.parse(body) as object }
}

/** What the values of Secrets begin with, for each key that the API server has, the one that writes first. */
function beginningsOf(model: string, host: string): readonly string[] {
  const file = join(model, 'encryption', host)
  if (!existsSync(file)) return [PLAIN]
  const { resources } = parse(readFileSync(file, 'utf8')) as Loaded
  const providers = resources.find((one) => one.resources.includes('secrets'))?.providers
  return (providers ?? [{ identity: {} }]).flatMap((provider) =>
    Object.entries(provider).flatMap(([kind, { keys }]) =>
      // The secret stands for what only that key can read.
      keys === undefined ? [PLAIN] : keys.map(({ name, secret }) => `k8s:enc:${kind}:v1:${name}:${secret}:`),
    ),
  )
}

/** What people have stored. */
export function addSecrets(model: string): void {
  for (const name of ['one', 'two', 'three']) {
    const object = { metadata: { name, namespace: 'default' }, data: { word: 'c2VjcmV0' } }
    writeFileSync(join(model, 'values', 'secrets', 'default', name), `${PLAIN}${JSON.stringify(object)}`)
  }
}
