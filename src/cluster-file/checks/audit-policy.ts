/** Checks an audit policy, as far as an API server would refuse it. Source: `apiserver/pkg/apis/audit/validation`. */
import { parseAllDocuments } from 'yaml'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import { show } from '../problem.js'

const API_VERSION = 'audit.k8s.io/v1'
const LEVELS: readonly unknown[] = ['None', 'Metadata', 'Request', 'RequestResponse']
const STAGES: readonly unknown[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']

// The text is part of the operation's input, and is sent with several of its steps.
const MAX_BYTES = 100_000

/** What is wrong with the text of an audit policy, worded to follow its path; undefined if nothing is. */
export function wrongWithPolicy(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_BYTES) return 'is larger than 100 kB'
  const documents = parseAllDocuments(text)
  const [document] = documents
  if (document === undefined || 'empty' in documents) return 'is empty'
  const [error] = document.errors
  if (error !== undefined) return `is not valid YAML: ${error.message.split('\n')[0] ?? ''}`
  if (documents.length > 1) return 'has more than one document'
  return wrongWithDocument(document.toJS())
}

function wrongWithDocument(policy: unknown): string | undefined {
  if (!isPlainObject(policy) || policy['kind'] !== 'Policy' || policy['apiVersion'] !== API_VERSION) {
    return `is no Policy of ${API_VERSION}`
  }
  const rules = listIn(policy, 'rules').map((rule) => (isPlainObject(rule) ? rule : {}))
  if (rules.length === 0) return 'has no rules, so nothing would be logged'
  const strange = rules.find(({ level }) => !LEVELS.includes(level))
  if (strange !== undefined) {
    const { level = '' } = strange
    return `has a rule with the level ${show(level)}; levels are ${LEVELS.join(', ')}`
  }
  const omitted = [policy, ...rules].flatMap((one) => listIn(one, 'omitStages'))
  const stage = omitted.find((one) => !STAGES.includes(one))
  return stage === undefined ? undefined : `omits the stage ${show(stage)}; stages are ${STAGES.join(', ')}`
}

function listIn(object: PlainObject, field: string): readonly unknown[] {
  const list = object[field]
  return Array.isArray(list) ? list : []
}
