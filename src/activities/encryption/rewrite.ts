/**
 * Writes the values of resources again that another key has written. etcd itself says which ones: an attempt that was killed
 * goes on with what is left.
 */
import { parseLayout, writersOf } from '../../cluster/encryption-layout.js'
import type { HostContext } from '../../hosts/context.js'
import { incomplete, otherwiseWritten } from '../../hosts/encryption/stored-values.js'
import { isConflict, refusalOf, type ApiRefusal } from '../../hosts/kubernetes/api/refusal.js'
import { unlessMissing } from '../../hosts/kubernetes/api/resources.js'
import { localApi, type ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import type { StepOutcome } from '../../operations/steps.js'
import { isPlainObject } from '../../values/merge.js'
import { count } from '../../values/words.js'

/** How many objects are written at the same time. */
const AT_ONCE = 8

/** How often it is looked at what is left; others change objects meanwhile, and thereby write them. */
const LOOKS = 10

/**
 * Makes every value of these resources one that the target's first key has written.
 * @param resources those whose key may have changed.
 * @throws QuorateError `ENCRYPTION_INCOMPLETE` when some are not.
 */
export async function rewriteValues(
  context: HostContext,
  target: string,
  resources: readonly string[],
): Promise<StepOutcome> {
  const layout = parseLayout(target) ?? {}
  const written: string[] = []
  for (const resource of resources) {
    const [writer = ''] = writersOf(layout, resource)
    const number = await rewriteAll(context, resource, writer)
    written.push(`${count(number, 'value')} of ${resource} with ${writer}`)
  }
  return { changed: written.some((one) => !one.startsWith('0 ')), summary: written.join(', ') }
}

async function rewriteAll(context: HostContext, resource: string, writer: string): Promise<number> {
  const api = localApi(context.cluster, context.session)
  const done = new Set<string>()
  for (let look = 1; ; look += 1) {
    const left = await otherwiseWritten(context, resource, writer)
    context.report(`${left.length} values of ${resource} are to be written with ${writer}`)
    const [one] = left
    if (one === undefined) return done.size
    if (look > LOOKS) {
      throw incomplete(
        context,
        `${left.length} values of ${resource} are not written with ${writer}, such as ${one}`,
      )
    }
    const base = await basePath(api, resource)
    const queue = left.values()
    const work = async () => {
      for (const name of queue) {
        context.signal.throwIfAborted()
        await rewrite(context, api, pathOf(base, resource, name))
        done.add(name)
        if (done.size % 100 === 0)
          context.report(`wrote ${done.size} of ${left.length} values of ${resource}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }
}

/** Replaces an object by itself: the API server writes it again, because its value is not of the first key. */
async function rewrite(context: HostContext, api: ClusterApi, path: string): Promise<void> {
  const body = await unlessMissing(() => api.get(path))
  if (body === undefined) return
  try {
    await api.ask({ method: 'PUT', path, body })
  } catch (error) {
    const refusal = refusalOf(error)
    // Somebody else has changed or deleted it meanwhile.
    if (isConflict(error) || refusal?.status === GONE) return
    if (refusal === undefined || refusal.status === BUSY || refusal.status >= 500) throw error
    throw incomplete(context, notReplaced(path, refusal))
  }
}

/** What is said of an object that is not written again. The API server's own message may quote its value. */
export function notReplaced(path: string, { status, reason }: ApiRefusal): string {
  const what = [`HTTP ${status}`, reason].filter(Boolean).join(', ')
  return `the API server refuses to replace ${path} by itself (${what}): \`kubectl replace\` of it says why`
}

const GONE = 404
const BUSY = 429

function pathOf(base: string, resource: string, object: string): string {
  const [plural = ''] = resource.split('.')
  const parts = object.split('/').map(encodeURIComponent)
  const [first = '', second] = parts
  return second === undefined
    ? `${base}/${plural}/${first}`
    : `${base}/namespaces/${first}/${plural}/${second}`
}

/** The path of a resource's group, in the version that the API server prefers. */
async function basePath(api: ClusterApi, resource: string): Promise<string> {
  const [, ...group] = resource.split('.')
  if (group.length === 0) return '/api/v1'
  const found: unknown = JSON.parse(await api.get(`/apis/${group.join('.')}`))
  const preferred = isPlainObject(found) ? found['preferredVersion'] : undefined
  const version = isPlainObject(preferred) ? preferred['groupVersion'] : undefined
  return `/apis/${typeof version === 'string' ? version : group.join('.')}`
}
