import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { fetchManifest } from '../../../src/hosts/pod-network/manifest.js'
import { applyPodNetwork } from '../../../src/activities/apply-pod-network.js'
import { readStanding } from '../../../src/activities/read-standing.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import type { HostContext } from '../../../src/hosts/context.js'
import type { PodNetwork } from '../../../src/cluster/pod-network.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import type { Session, SessionPool } from '../../../src/ssh/index.js'
import { NOT_FOUND, refusal, type ApiAnswer, type Asked } from '../../support/api-server.js'
import { reaching } from '../../support/scripted-api.js'
import { scriptedSession, type Answers } from '../../support/scripted-session.js'

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

let server: Server
let asked: string[]
beforeAll(async () => {
  asked = []
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.statusCode = request.url === '/gone' ? 404 : 200
    response.end(`kind: Namespace # ${request.url ?? ''}\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => server.close())

const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`

describe('a manifest given as a URL', () => {
  it('is fetched once, and every later attempt gets the same bytes', async () => {
    const digest = digestOf('kind: Namespace # /one\n')
    const texts = [await fetchManifest(url('/one'), digest), await fetchManifest(url('/one'), digest)]
    expect(texts).toEqual(['kind: Namespace # /one\n', 'kind: Namespace # /one\n'])
    expect(asked.filter((path) => path === '/one')).toHaveLength(1)
  })

  it('is not applied if it differs from the one that was reviewed', async () => {
    const meant = digestOf('kind: Namespace # as it was\n')
    await expect(fetchManifest(url('/two'), meant)).rejects.toMatchObject({
      code: 'MANIFEST_CHANGED',
      remedy: 'operator',
      message: expect.stringContaining(digestOf('kind: Namespace # /two\n')) as string,
    })
  })

  it('that cannot be fetched is retried', async () => {
    await expect(fetchManifest(url('/gone'), digestOf(''))).rejects.toMatchObject({
      code: 'MANIFEST_UNREACHABLE',
      remedy: 'retry',
      message: expect.stringContaining('HTTP 404') as string,
    })
  })
})

/** The objects of a cluster, by path, and what its API server knows of kinds. */
class Api {
  readonly objects = new Map<string, StoredObject>()
  /** Every change, as manager and path. */
  readonly changes: string[] = []
  /** What is answered to every apply, if not its effect. */
  refusal: ApiAnswer | undefined

  readonly answers = ({ method, path, body }: Asked): ApiAnswer => {
    const url = new URL(path, 'https://api')
    if (method === 'GET') return this.#read(url.pathname)
    if (this.refusal !== undefined) return this.refusal
    const manager = url.searchParams.get('fieldManager') ?? ''
    const before = this.objects.get(url.pathname)
    const after = applied(before, parse(body) as StoredObject, manager)
    if (url.searchParams.get('dryRun') === 'All') return { body: after }
    this.objects.set(url.pathname, after)
    this.changes.push(`${manager} ${url.pathname}`)
    return { body: after }
  }

  #read(path: string): ApiAnswer {
    const kinds = KINDS[path]
    if (kinds !== undefined) return { body: { resources: kinds } }
    if (/\/(?:nodes|pods|daemonsets)$/.test(path)) return { body: { items: [] } }
    const object = this.objects.get(path)
    return object === undefined ? NOT_FOUND : { body: object }
  }
}

interface StoredObject {
  readonly metadata: {
    readonly name: string
    readonly resourceVersion?: string
    readonly managedFields?: readonly { readonly manager: string; readonly operation: 'Apply' }[]
  }
  readonly data?: Readonly<Record<string, string>>
  /** Who applied each key of `data`; a real API server has this in managedFields. */
  readonly owners?: Readonly<Record<string, readonly string[]>>
}

const KINDS: Readonly<Record<string, readonly object[]>> = {
  '/api/v1': [
    { name: 'namespaces', kind: 'Namespace', namespaced: false },
    { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
    { name: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true },
  ],
  '/apis/apps/v1': [{ name: 'daemonsets', kind: 'DaemonSet', namespaced: true }],
  '/apis/rbac.authorization.k8s.io/v1': [
    { name: 'clusterroles', kind: 'ClusterRole', namespaced: false },
    { name: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false },
  ],
  '/apis/apiextensions.k8s.io/v1': [
    { name: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false },
  ],
}

/** Who applies the key, once the object has been applied. */
function ownersOf(
  key: string,
  before: StoredObject | undefined,
  object: StoredObject,
  manager: string,
): readonly string[] {
  const others = (before?.owners?.[key] ?? []).filter((name) => name !== manager)
  return object.data?.[key] === undefined ? others : [...others, manager]
}

/** Merges as server-side apply does: a key goes when nobody applies it any more. */
function applied(before: StoredObject | undefined, object: StoredObject, manager: string): StoredObject {
  const keys = new Set([...Object.keys(before?.data ?? {}), ...Object.keys(object.data ?? {})])
  const owners: Record<string, readonly string[]> = {}
  const data: Record<string, string> = {}
  for (const key of keys) {
    const applying = ownersOf(key, before, object, manager)
    if (applying.length === 0) continue
    owners[key] = applying
    data[key] = object.data?.[key] ?? before?.data?.[key] ?? ''
  }
  const managers = new Set([...Object.values(owners).flat(), manager])
  const managedFields = [...managers].map((name) => ({ manager: name, operation: 'Apply' as const }))
  return { ...object, data, owners, metadata: { ...object.metadata, managedFields } }
}

/** kubeadm's record of the cluster. */
const CONFIGURATION = 'kubernetesVersion: v1.36.3\n'
/** An etcd that lists no members, which does not matter here. */
const ETCD: Answers = [['endpoint health', '[]']]

describe('the pod network', () => {
  let api: Api
  beforeEach(() => {
    api = new Api()
  })

  const onFirst = <Result>(network: PodNetwork, act: (context: HostContext) => Promise<Result>) => {
    const host = aHost('cp1')
    const session: Session = { ...scriptedSession(host, ETCD), ...reaching(api.answers) }
    const hosts: SessionPool = { session: () => Promise.resolve(session), close: () => Promise.resolve() }
    return activity(() => onHost(hosts, aCluster({ network }), host, act))
  }
  const apply = (content: string, network: PodNetwork = manifest(content)) =>
    onFirst(network, applyPodNetwork)
  const manifest = (content: string): PodNetwork => ({ plugin: 'manifest', source: 'cni.yaml', content })
  const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: cni}\n'
  const settings = (data: object) =>
    stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cni', namespace: 'cni' }, data })
  const SETTINGS = '/api/v1/namespaces/cni/configmaps/cni'

  it('is applied if it differs and left alone otherwise', async () => {
    const content = `# A comment.\n---\n${NAMESPACE}---\n${settings({ mtu: '1450' })}`
    expect(await apply(content)).toEqual({ changed: true, summary: 'cni.yaml' })
    expect(api.changes).toEqual(['quorate /api/v1/namespaces/cni', `quorate ${SETTINGS}`])
    expect(await apply(content)).toEqual({ changed: false, summary: 'cni.yaml already there' })
    expect(await apply(content.replace('1450', '1500'))).toMatchObject({ changed: true })
    expect(api.objects.get(SETTINGS)?.data).toEqual({ mtu: '1500' })
  })

  it('loses what a newer manifest no longer has, and keeps what others have set', async () => {
    await apply(settings({ mtu: '1450', old: 'x' }))
    api.objects.set(
      SETTINGS,
      applied(
        api.objects.get(SETTINGS),
        JSON.parse(JSON.stringify({ metadata: { name: 'cni' }, data: { theirs: 'y' } })) as StoredObject,
        'somebody',
      ),
    )
    await apply(settings({ mtu: '1450' }))
    expect(api.objects.get(SETTINGS)?.data).toEqual({ mtu: '1450', theirs: 'y' })
  })

  it('is compared by the standing of the cluster, which changes nothing', async () => {
    const kept = { metadata: { name: 'kubeadm-config' }, data: { ClusterConfiguration: CONFIGURATION } }
    api.objects.set('/api/v1/namespaces/kube-system/configmaps/kubeadm-config', kept)
    const flannel = (backend: 'host-gw' | 'vxlan'): PodNetwork => ({
      plugin: 'flannel',
      backend,
      image: 'flannel:1',
      cniPluginImage: 'flannel-cni:1',
    })
    const standing = async (network: PodNetwork) => {
      const presence = await onFirst(network, readStanding)
      return presence.kind === 'read' ? presence.standing.podNetwork : presence.kind
    }
    expect(await standing(flannel('host-gw'))).toBe('differs')
    expect(api.changes).toEqual([])
    await apply('', flannel('host-gw'))
    const { length } = api.changes
    expect(length).toBeGreaterThan(0)
    expect(await standing(flannel('host-gw'))).toBe('same')
    expect(await standing(flannel('vxlan'))).toBe('differs')
    expect(await standing({ plugin: 'none' })).toBeUndefined()
    expect(api.changes).toHaveLength(length)
  })

  it('that kubectl once applied for Quorate is the same, and is handed over when it changes', async () => {
    const before = parse(settings({ mtu: '1450', old: 'x' })) as StoredObject
    api.objects.set(SETTINGS, applied(undefined, before, 'kubectl'))
    expect((await apply(settings({ mtu: '1450', old: 'x' }))).changed).toBe(false)
    expect((await apply(settings({ mtu: '1450' }))).changed).toBe(true)
    expect(api.objects.get(SETTINGS)?.data).toEqual({ mtu: '1450' })
    expect((await apply(settings({ mtu: '1450' }))).changed).toBe(false)
  })

  it('is left to the operator if the cluster file names none', async () => {
    expect(await apply('', { plugin: 'none' })).toEqual({ changed: false, summary: 'left to the operator' })
  })

  it('is applied object by object, also those of a list', async () => {
    const items = [parse(NAMESPACE), parse(settings({}))] as unknown[]
    await apply(stringify({ apiVersion: 'v1', kind: 'List', items }))
    expect(api.changes).toEqual(['quorate /api/v1/namespaces/cni', `quorate ${SETTINGS}`])
  })

  it('reaches the API server as it is written: YAML means there what it means to kubectl', async () => {
    let sent = ''
    const { answers } = api
    const spied = {
      answers: (asked: Asked) => (asked.method === 'PATCH' && (sent = asked.body), answers(asked)),
    }
    api = Object.assign(Object.create(api) as Api, spied)
    await apply(
      `---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cni # here\ndata: {mode: "0644", on: 'yes'}\n`,
    )
    expect(sent).toContain('  name: cni # here\ndata: {mode: "0644", on: \'yes\'}')
  })

  const UNKNOWN = 'apiVersion: operator.tigera.io/v1\nkind: Installation\nmetadata: {name: default}\n'
  const DEFINITION =
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: installations}\n'

  it('is left to the operator if the API server does not know one of its kinds', async () => {
    await expect(apply(UNKNOWN)).rejects.toMatchObject({ type: 'MANIFEST_REJECTED', nonRetryable: true })
  })

  it('is retried if its manifest defines the kind, which the API server knows a moment later', async () => {
    await expect(apply(`${UNKNOWN}---\n${DEFINITION}`)).rejects.toMatchObject({
      type: 'API_REFUSED',
      nonRetryable: false,
    })
    expect(api.changes).toEqual([
      'quorate /apis/apiextensions.k8s.io/v1/customresourcedefinitions/installations',
    ])
  })

  it.each([400, 403, 422])('is left to the operator if the API server refuses it with %i', async (status) => {
    api.refusal = refusal(status, 'Invalid', 'unknown field "spec.mtus"')
    await expect(apply(NAMESPACE)).rejects.toMatchObject({
      type: 'MANIFEST_REJECTED',
      details: [{ output: expect.stringContaining('unknown field "spec.mtus"') as string }],
    })
  })

  it('is retried if the API server is in trouble', async () => {
    api.refusal = refusal(500, 'InternalError')
    await expect(apply(NAMESPACE)).rejects.toMatchObject({ type: 'API_REFUSED', nonRetryable: false })
  })

  it.each(['kind: Namespace\n', 'a: [', 'just text'])(
    'is rejected if it is no manifest: %j',
    async (text) => {
      await expect(apply(text)).rejects.toMatchObject({ type: 'MANIFEST_REJECTED', nonRetryable: true })
    },
  )
})
