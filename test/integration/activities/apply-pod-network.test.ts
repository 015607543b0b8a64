import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchManifest } from '../../../src/hosts/pod-network/manifest.js'
import { applyPodNetwork } from '../../../src/activities/apply-pod-network.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import type { PodNetwork } from '../../../src/cluster/model.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import type { Session, SessionPool } from '../../../src/ssh/index.js'
import { scriptedPool, scriptedSession, type Answers } from '../../support/scripted-session.js'

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

describe('the pod network', () => {
  const apply = (network: PodNetwork, answers: Answers) =>
    activity(() => onHost(scriptedPool(answers), aCluster({ network }), aHost('cp1'), applyPodNetwork))
  const manifest = (content: string): PodNetwork => ({ plugin: 'manifest', source: 'cni.yaml', content })
  /** The API server says this to the manifest. */
  const refused = (content: string, stderr: string) => {
    const answer = { exitCode: 1, stdout: '', stderr, stdoutBytes: Buffer.alloc(0) }
    const host = aHost('cp1')
    const session: Session = { ...scriptedSession(host, []), run: () => Promise.resolve(answer) }
    const hosts: SessionPool = { session: () => Promise.resolve(session), close: () => Promise.resolve() }
    const cluster = aCluster({ network: manifest(content) })
    return activity(() => onHost(hosts, cluster, host, applyPodNetwork))
  }

  it('is applied if it differs and left alone otherwise', async () => {
    const network = manifest('kind: Namespace\n')
    expect(await apply(network, [[' diff ', 1]])).toEqual({ changed: true, summary: 'cni.yaml' })
    expect(await apply(network, [[' diff ', 0]])).toEqual({
      changed: false,
      summary: 'cni.yaml already there',
    })
  })

  it('is left to the operator if the cluster file names none', async () => {
    expect(await apply({ plugin: 'none' }, [['kubectl', 1]])).toEqual({
      changed: false,
      summary: 'left to the operator',
    })
  })

  const UNKNOWN_KIND = 'error: resource mapping not found: no matches for kind "Installation"'

  it('is left to the operator if the API server does not know one of its kinds', async () => {
    await expect(refused('kind: Installation\n', UNKNOWN_KIND)).rejects.toMatchObject({
      type: 'MANIFEST_REJECTED',
      nonRetryable: true,
    })
  })

  it('is retried if its manifest defines the kind, which the API server knows a moment later', async () => {
    const manifest = 'kind: CustomResourceDefinition\n---\nkind: Installation\n'
    await expect(refused(manifest, UNKNOWN_KIND)).rejects.toMatchObject({
      type: 'KUBECTL_FAILED',
      nonRetryable: false,
    })
  })
})
