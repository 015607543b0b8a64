/** The API over a host's own SSH connection. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isApiServerReady } from '../../../../src/hosts/kubernetes/health.js'
import { isConflict, refusalOf } from '../../../../src/hosts/kubernetes/api/refusal.js'
import { QuorateError } from '../../../../src/errors/index.js'
import { fenced, type Session } from '../../../../src/ssh/index.js'
import {
  NOT_FOUND,
  refusal,
  type ApiAnswer,
  type ApiAnswers,
  type Asked,
} from '../../../support/api-server.js'
import { eventually } from '../../../support/eventually.js'
import { apiScene, type ApiScene } from './api-scene.js'

const scenes: ApiScene[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(scenes.splice(0).map((scene) => scene.close()))
})

async function scene(answers: ApiAnswers, config?: readonly string[]): Promise<ApiScene> {
  const made = await apiScene(answers, config)
  scenes.push(made)
  return made
}

const OK: ApiAnswer = { body: 'ok' }
const NODE = { metadata: { name: 'w1' } }
const requests = (asked: readonly Asked[]) => asked.map(({ method, path }) => `${method} ${path}`)

describe.each([
  ['that forwards', []],
  ['that does not forward', ['AllowTcpForwarding no']],
  ['that allows one session', ['MaxSessions 1']],
  ['that allows one session and does not forward', ['MaxSessions 1', 'AllowTcpForwarding no']],
])('through a host %s, the API server', (_, config) => {
  it('is asked, also for several things at once, and for changes', async () => {
    const { api, server } = await scene(() => ({ body: NODE }), config)
    const found = await Promise.all(Array.from({ length: 6 }, () => api.core.nodes.find('w1')))
    expect(found).toEqual(Array(6).fill(NODE))
    await api.core.nodes.patch('w1', { spec: { unschedulable: true } })
    expect(server.asked.at(-1)).toMatchObject({
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: '{"spec":{"unschedulable":true}}',
      user: 'kubernetes-admin',
    })
  })

  it('that does not listen is reported as one that does not answer', async () => {
    const { api, server } = await scene(() => OK, config)
    await server.close()
    expect(await isApiServerReady(api)).toBe(false)
    await expect(api.get('/readyz')).rejects.toMatchObject({
      code: 'API_NOT_ANSWERING',
      remedy: 'retry',
      message: expect.stringMatching(/does not answer: .*refused/i) as string,
    })
  })
})

describe('the connection to an API server', () => {
  it('is kept for the next request', async () => {
    const { api, server, reads } = await scene(() => OK)
    for (let time = 0; time < 3; time += 1) expect(await isApiServerReady(api)).toBe(true)
    expect([server.connections(), reads()]).toEqual([1, 1])
  })

  it('that the server has closed meanwhile is replaced, and nobody notices', async () => {
    const { api, server } = await scene(() => OK)
    await api.get('/readyz')
    server.cut()
    expect(await api.get('/readyz')).toBe('ok')
    expect(server.connections()).toBe(2)
  })

  it('that breaks amid an answer says so, and the next request is answered', async () => {
    let times = 0
    const { api } = await scene(() => (times++ === 0 ? 'cut-in-half' : OK))
    await expect(api.get('/readyz')).rejects.toMatchObject({ code: 'API_NOT_ANSWERING', remedy: 'retry' })
    expect(await api.get('/readyz')).toBe('ok')
  })

  it('ends with the connection to the host, with the error of that', async () => {
    const { api, sshd, server } = await scene(() => 'never')
    const asked = api.get('/readyz')
    const failed = expect(asked).rejects.toMatchObject({
      code: 'SSH_CONNECTION_LOST',
      context: { host: 'host1' },
    })
    await eventually(() => server.asked.length === 1, 'the request arrives')
    await sshd.endSessions()
    await failed
  })

  it('is made only to a server of the cluster', async () => {
    const { api, replaceAdminConf, reads } = await scene(() => OK)
    const other = await scene(() => OK)
    replaceAdminConf(other.server.identity.adminConf())
    await expect(api.get('/readyz')).rejects.toMatchObject({ code: 'API_NOT_ANSWERING' })
    expect(reads()).toBe(1)
  })
})

describe('the credentials', () => {
  it('are read again if they have been renewed on the host', async () => {
    let user = 'kubernetes-admin'
    const { api, server, reads } = await scene((asked) =>
      asked.user === user ? OK : refusal(401, 'Unauthorized'),
    )
    await api.get('/readyz')
    user = 'renewed'
    server.identity.renewAdmin(user)
    expect(await api.get('/readyz')).toBe('ok')
    expect(reads()).toBe(2)
  })

  it('are read again if the host belongs to another cluster by now', async () => {
    const { api, replaceAdminConf, server } = await scene(() => OK)
    const other = await scene(() => OK)
    replaceAdminConf(other.server.identity.adminConf())
    await expect(api.get('/readyz')).rejects.toMatchObject({ code: 'API_NOT_ANSWERING' })
    replaceAdminConf(server.identity.adminConf())
    expect(await api.get('/readyz')).toBe('ok')
  })

  it('that are refused are read again once, and then the refusal counts', async () => {
    const { api, server, reads } = await scene(() => refusal(401, 'Unauthorized'))
    await expect(api.get('/readyz')).rejects.toMatchObject({ code: 'API_REFUSED' })
    await expect(api.get('/readyz')).rejects.toMatchObject({ code: 'API_REFUSED' })
    expect([server.asked.length, reads()]).toEqual([3, 2])
  })

  it('that are missing, or not as kubeadm writes them, are reported without a word of their content', async () => {
    const { api, replaceAdminConf, server } = await scene(() => OK)
    replaceAdminConf(undefined)
    await expect(api.get('/readyz')).rejects.toThrow('there is no /etc/kubernetes/admin.conf')
    replaceAdminConf(server.identity.adminConf().replace('users:', 'users: ['))
    const error: unknown = await api.get('/readyz').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'API_NOT_ANSWERING' })
    expect(JSON.stringify([error, (error as QuorateError).report()])).not.toContain(server.identity.secret)
  })
})

describe('a change', () => {
  const patch = { metadata: { labels: { a: 'b' } } }

  function fencedBy(session: Session): { readonly session: Session; lose(): void; end(): void } {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-fence-'))
    const file = join(folder, 'lock')
    writeFileSync(file, 'ours\n')
    const passed = (found: string) => new QuorateError('LOCK_LOST', found)
    return {
      session: fenced(session, { file, line: 'ours', passed }),
      lose: () => writeFileSync(file, 'theirs\n'),
      end: () => rmSync(folder, { recursive: true }),
    }
  }

  it('is sent only while the operation holds the host; what only looks goes on', async () => {
    const { session, apiOver, server } = await scene(() => ({ body: NODE }))
    const fence = fencedBy(session)
    const api = apiOver(fence.session)
    await api.core.nodes.patch('w1', patch)
    fence.lose()
    await expect(api.core.nodes.patch('w1', patch)).rejects.toMatchObject({
      code: 'LOCK_LOST',
      message: 'theirs',
    })
    await expect(api.core.nodes.delete('w1')).rejects.toMatchObject({ code: 'LOCK_LOST' })
    await api.core.nodes.find('w1')
    expect(requests(server.asked)).toEqual(['PATCH /api/v1/nodes/w1', 'GET /api/v1/nodes/w1'])
    fence.end()
  })

  it('is sent only soon after the host was seen to be held; otherwise that is looked at again', async () => {
    const { session, apiOver, server } = await scene(() => ({ body: NODE }))
    const real = Date.now.bind(Date)
    let looks = 0
    const slow: Session = {
      ...session,
      run: async (command, options) => {
        const result = await session.run(command, options)
        looks += 1
        // The worker's machine sleeps for a minute after the first look.
        if (looks === 1) vi.spyOn(Date, 'now').mockImplementation(() => real() + 60_000)
        return result
      },
    }
    await apiOver(slow).core.nodes.patch('w1', patch)
    expect([looks, server.asked.length]).toEqual([2, 1])
  })

  it('that somebody else got ahead of is made again on what they made', async () => {
    const label = (object: { metadata: { labels?: object } }) => ({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, ours: '1' } },
    })
    let version = 1
    const { api, server } = await scene(({ method, body }) => {
      const stored = {
        metadata: { name: 'a', resourceVersion: String(version), labels: { theirs: String(version) } },
      }
      if (method === 'GET') return { body: stored }
      version += 1
      return version === 2 ? refusal(409, 'Conflict') : { body: JSON.parse(body) as unknown }
    })
    expect(await api.core.configMaps.in('x').update('a', label)).toBe(true)
    expect(JSON.parse(server.asked.at(-1)?.body ?? '')).toEqual({
      metadata: { name: 'a', resourceVersion: '2', labels: { theirs: '2', ours: '1' } },
    })
  })
})

describe('a refusal', () => {
  it('is told in the words of the API server, and by its status', async () => {
    const budget = refusal(429, 'TooManyRequests', 'the budget db needs 2 healthy pods', ['DisruptionBudget'])
    const { api } = await scene(({ path }) =>
      path.endsWith('/eviction') ? budget : refusal(409, 'Conflict'),
    )
    const error: unknown = await api.core
      .evict({ namespace: 'x', name: 'db-0' })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'API_REFUSED',
      message: expect.stringContaining('the budget db needs 2 healthy pods') as string,
    })
    expect(refusalOf(error)).toMatchObject({
      status: 429,
      reason: 'TooManyRequests',
      causes: ['DisruptionBudget'],
    })
    const conflict: unknown = await api.core.nodes.patch('w1', {}).catch((thrown: unknown) => thrown)
    expect(isConflict(conflict)).toBe(true)
  })

  it('for what is not there is no error where something is looked for, deleted or evicted', async () => {
    const { api } = await scene(() => NOT_FOUND)
    expect(await api.core.nodes.find('w9')).toBeUndefined()
    expect(await api.core.nodes.delete('w9')).toBe(false)
    expect(await api.core.evict({ namespace: 'x', name: 'y' })).toBe(false)
  })
})

it('a long list is read page by page', async () => {
  const { api, server } = await scene(({ path }) => {
    const { searchParams } = new URL(path, 'https://api')
    const page = Number(searchParams.get('continue') ?? 0)
    const metadata = page < 2 ? { continue: String(page + 1) } : {}
    return { body: { metadata, items: [{ metadata: { name: `pod-${page}` } }] } }
  })
  const pods = await api.core.pods.list({ labels: 'app=db', fields: 'spec.nodeName=w1' })
  expect(pods.map(({ metadata }) => metadata.name)).toEqual(['pod-0', 'pod-1', 'pod-2'])
  expect(server.asked[2]?.path).toBe(
    '/api/v1/pods?labelSelector=app%3Ddb&fieldSelector=spec.nodeName%3Dw1&limit=250&continue=2',
  )
})
