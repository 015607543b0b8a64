/**
 * Server-side apply of manifests: the API server merges, and knows which fields are ours. Fields that an earlier
 * manifest of ours had and this one has not are removed.
 */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { readJson } from '../../json.js'
import type { ClusterApi } from '../cluster-api.js'
import type { ApiRequest } from './client.js'
import type { ManifestObject } from './manifest.js'
import { unlessMissing } from './resources.js'

/** By this name the API server knows which fields are ours. */
const MANAGER = 'quorate'

/** The name under which earlier releases applied, by kubectl. */
const FORMER_MANAGER = 'kubectl'

const OBJECT = z.looseObject({
  metadata: z.looseObject({
    managedFields: z
      .array(z.looseObject({ manager: z.string().optional(), operation: z.string().optional() }))
      .optional(),
  }),
})
type LiveObject = z.output<typeof OBJECT>

/** Says that the API server does not know a kind; it may once a CustomResourceDefinition has taken effect. */
export class UnknownKind extends Error {}

/** Applies manifests through one API server. */
export class Applier {
  readonly #api: ClusterApi
  /** By apiVersion: kinds with the names of their resources, and whether they live in namespaces. */
  readonly #kinds = new Map<string, Promise<readonly Kind[]>>()

  constructor(api: ClusterApi) {
    this.#api = api
  }

  /**
   * Whether applying the object would change anything.
   * @throws UnknownKind; QuorateError as {@link ClusterApi.ask}.
   */
  async differs(object: ManifestObject): Promise<boolean> {
    const path = await this.#pathOf(object)
    const live = await this.#live(path)
    if (live === undefined) return true
    const manager = isFormerlyOurs(live) ? FORMER_MANAGER : MANAGER
    const applied = await this.#api.ask({ ...patch(path, manager, object.text), query: { ...query(manager), dryRun: 'All' } })
    return !isDeepStrictEqual(essence(this.#read(applied)), essence(live))
  }

  /**
   * Applies the object.
   * @throws UnknownKind; QuorateError as {@link ClusterApi.ask}.
   */
  async apply(object: ManifestObject): Promise<void> {
    const path = await this.#pathOf(object)
    const applied = this.#read(await this.#api.ask(patch(path, MANAGER, object.text)))
    // Whatever only the former manager still holds goes, as it would have with kubectl.
    if (applied.metadata.managedFields?.some(isOfFormerManager) === true) {
      const { apiVersion, kind, name, namespace } = object
      const bare = JSON.stringify({ apiVersion, kind, metadata: { name, namespace } })
      await this.#api.ask(patch(path, FORMER_MANAGER, bare))
    }
  }

  async #live(path: string): Promise<LiveObject | undefined> {
    const text = await unlessMissing(() => this.#api.get(path))
    return text === undefined ? undefined : this.#read(text)
  }

  #read(text: string): LiveObject {
    return readJson(this.#api.session, text, OBJECT, 'the Kubernetes API')
  }

  async #pathOf({ apiVersion, kind, name, namespace = 'default' }: ManifestObject): Promise<string> {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const kinds = this.#kinds.get(base) ?? this.#readKinds(base)
    this.#kinds.set(base, kinds)
    const found = (await kinds).find((one) => one.kind === kind && !one.name.includes('/'))
    if (found === undefined) throw new UnknownKind(`no matches for kind "${kind}" in version "${apiVersion}"`)
    const place = found.namespaced ? `${base}/namespaces/${encodeURIComponent(namespace)}` : base
    return `${place}/${found.name}/${encodeURIComponent(name)}`
  }

  async #readKinds(base: string): Promise<readonly Kind[]> {
    const text = await unlessMissing(() => this.#api.get(base))
    return text === undefined ? [] : readJson(this.#api.session, text, KINDS, `GET ${base}`).resources
  }
}

const KINDS = z.looseObject({
  resources: z.array(z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
})
type Kind = z.output<typeof KINDS>['resources'][number]

function patch(path: string, manager: string, text: string): ApiRequest {
  return { method: 'PATCH', path, query: query(manager), body: text, contentType: 'application/apply-patch+yaml' }
}

function query(manager: string): Record<string, string> {
  // Others' changes to fields of ours are undone. A field that the API server does not know is an error.
  return { fieldManager: manager, force: 'true', fieldValidation: 'Strict' }
}

function isFormerlyOurs({ metadata: { managedFields = [] } }: LiveObject): boolean {
  const isOurs = managedFields.some(({ manager, operation }) => manager === MANAGER && operation === 'Apply')
  return !isOurs && managedFields.some(isOfFormerManager)
}

function isOfFormerManager({ manager, operation }: { readonly manager?: string | undefined; readonly operation?: string | undefined }): boolean {
  return manager === FORMER_MANAGER && operation === 'Apply'
}

/** The object without what changes with every write. */
function essence({ metadata, ...rest }: LiveObject): object {
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...kept } = metadata
  return { ...rest, metadata: kept }
}
