/** The API's resources: typed ways to find, list and change objects of one kind. */
import { z } from 'zod'
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js'
import type { Session } from '../../../ssh/index.js'
import { readJson } from '../../json.js'
import type { ApiRequest } from './client.js'
import { isConflict, refusalOf } from './refusal.js'

/** An object as the API server has it: always with a name. */
export type Stored<Kind> = Kind & { readonly metadata: ObjectMeta & { readonly name: string } }

/** Which objects are meant; every object of the kind unless given. */
export interface Selection {
  /** A label selector, such as `k8s-app=kube-dns`. */
  readonly labels?: string
  /** A field selector, such as `spec.nodeName=w1`. */
  readonly fields?: string
}

/** How an object is deleted. */
export interface Deletion {
  /** Only the object with this UID, not another of the same name. */
  readonly uid?: string
  /** Seconds; the object's own unless given. */
  readonly gracePeriodSeconds?: number
}

/** Sends a request; see {@link askApi}. */
export type Ask = (request: ApiRequest) => Promise<string>

/** Objects of one kind: those of the cluster, or those of one namespace. */
export interface Resource<Kind> {
  /** Undefined if there is none of that name. */
  find(name: string): Promise<Stored<Kind> | undefined>
  list(selection?: Selection): Promise<readonly Stored<Kind>[]>
  create(object: Kind): Promise<Stored<Kind>>
  /**
   * Changes an object by a JSON merge patch. A patch with a resourceVersion is refused with a conflict if the object has
   * changed since.
   */
  patch(name: string, patch: object): Promise<Stored<Kind>>
  /**
   * Reads the object, and writes what `change` makes of it; again if somebody else has changed it meanwhile.
   * @returns false if `change` returned undefined and nothing was written.
   * @throws QuorateError `API_REFUSED` with status 404 if there is none of that name.
   */
  update(name: string, change: (object: Stored<Kind>) => Kind | undefined): Promise<boolean>
  /** False if there is none of that name. Does not wait until it is gone. */
  delete(name: string, deletion?: Deletion): Promise<boolean>
  /** Deletes the selected objects; does not wait until they are gone. */
  deleteAll(selection: Selection): Promise<void>
}

/** Objects of one kind that live in namespaces. */
export interface NamespacedResource<Kind> {
  /** Those of all namespaces. */
  list(selection?: Selection): Promise<readonly Stored<Kind>[]>
  /** Those of one namespace. */
  in(namespace: string): Resource<Kind>
}

/** Objects per page: far less than what an answer may have. */
const PAGE = 250

/** How often a change is tried that others got ahead of. */
const UPDATES = 5

const OBJECT = z.looseObject({ metadata: z.looseObject({ name: z.string() }) })
const LIST = z.looseObject({
  metadata: z.looseObject({ continue: z.string().optional() }).default({}),
  items: z.array(OBJECT),
})

/** Resources below `/api/v1` or `/apis/<group>/<version>`. */
export class Resources {
  readonly #session: Session
  readonly #ask: Ask
  readonly #base: string

  constructor(session: Session, ask: Ask, base: string) {
    this.#session = session
    this.#ask = ask
    this.#base = base
  }

  /** Objects that belong to no namespace. */
  ofCluster<Kind>(plural: string): Resource<Kind> {
    return this.#at(`${this.#base}/${plural}`)
  }

  /** Objects that live in namespaces. */
  ofNamespaces<Kind>(plural: string): NamespacedResource<Kind> {
    const everywhere = this.#at<Kind>(`${this.#base}/${plural}`)
    return {
      list: (selection) => everywhere.list(selection),
      in: (namespace) => this.#at(`${this.#base}/namespaces/${encodeURIComponent(namespace)}/${plural}`),
    }
  }

  #at<Kind>(path: string): Resource<Kind> {
    const at = (name: string) => `${path}/${encodeURIComponent(name)}`
    const read = (text: string, from: string) =>
      readJson(this.#session, text, OBJECT, from) as unknown as Stored<Kind>
    const send = async (request: ApiRequest) =>
      read(await this.#ask(request), `${request.method} ${request.path}`)
    const find = (name: string) => unlessMissing(() => send({ method: 'GET', path: at(name) }))
    const replace = (name: string, body: Kind) => send({ method: 'PUT', path: at(name), body })
    return {
      find,
      list: (selection) => this.#list(path, selection),
      create: (body) => send({ method: 'POST', path, body }),
      patch: (name, body) => send({ method: 'PATCH', path: at(name), body, contentType: MERGE_PATCH }),
      update: async (name, change) => {
        for (let attempt = 1; ; attempt += 1) {
          const changed = change(await send({ method: 'GET', path: at(name) }))
          if (changed === undefined) return false
          try {
            await replace(name, changed)
            return true
          } catch (error) {
            if (!isConflict(error) || attempt === UPDATES) throw error
          }
        }
      },
      delete: async (name, deletion) => {
        const body = deleteOptions(deletion)
        return (
          (await unlessMissing(() => this.#ask({ method: 'DELETE', path: at(name), body }))) !== undefined
        )
      },
      deleteAll: async (selection) => {
        await this.#ask({ method: 'DELETE', path, query: selectors(selection), body: deleteOptions() })
      },
    }
  }

  async #list<Kind>(path: string, selection: Selection = {}): Promise<readonly Stored<Kind>[]> {
    const found: Stored<Kind>[] = []
    let next: string | undefined
    do {
      const query = { ...selectors(selection), limit: String(PAGE), continue: next }
      const text = await this.#ask({ method: 'GET', path, query })
      const { items, metadata } = readJson(this.#session, text, LIST, `GET ${path}`)
      found.push(...(items as unknown as Stored<Kind>[]))
      next = metadata.continue === '' ? undefined : metadata.continue
    } while (next !== undefined)
    return found
  }
}

const MERGE_PATCH = 'application/merge-patch+json'

function selectors({ labels, fields }: Selection): Record<string, string | undefined> {
  return { labelSelector: labels, fieldSelector: fields }
}

/** Whatever belongs to the object is deleted after it, as by kubectl. */
export function deleteOptions({ uid, gracePeriodSeconds }: Deletion = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Background',
    ...(uid === undefined ? {} : { preconditions: { uid } }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
  }
}

/** What `ask` gives; undefined if the API server says that there is no such object. */
export async function unlessMissing<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (refusalOf(error)?.status === 404) return undefined
    throw error
  }
}
