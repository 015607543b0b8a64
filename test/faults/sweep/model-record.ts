/** What Quorate remembers in the model of a cluster: the ConfigMap `kube-system/quorate`. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NOT_FOUND, type ApiAnswer, type Asked } from '../../support/api-server.js'

const MAPS = '/api/v1/namespaces/kube-system/configmaps'

/** Answers requests for the ConfigMap; undefined for all others. */
export function answerRecord(model: string, { method, path, body }: Asked): ApiAnswer | undefined {
  const { pathname } = new URL(path, 'https://api')
  const file = join(model, 'objects', 'own-record')
  switch (`${method} ${pathname}`) {
    case `GET ${MAPS}/quorate`:
      return existsSync(file) ? { body: JSON.parse(readFileSync(file, 'utf8')) as object } : NOT_FOUND
    case `POST ${MAPS}`:
      if (!isRecord(body)) return undefined
      if (existsSync(file)) return { status: 409, body: { reason: 'AlreadyExists' } }
      return store(file, body)
    case `PUT ${MAPS}/quorate`:
      return existsSync(file) ? store(file, body) : NOT_FOUND
    default:
      return undefined
  }
}

function isRecord(body: string): boolean {
  return (JSON.parse(body) as { metadata?: { name?: string } }).metadata?.name === 'quorate'
}

function store(file: string, body: string): ApiAnswer {
  writeFileSync(`${file}.new`, body)
  renameSync(`${file}.new`, file)
  return { body: JSON.parse(body) as object }
}
