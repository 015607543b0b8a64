import { createServer, connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Access } from '../../../src/ui/access.js'
import { isOwnConnection } from '../../../src/ui/peer.js'
import { defined } from '../../../src/values/defined.js'

const HOST = '127.0.0.1:8233'
const RUNS = '/api/v1/namespaces/default/workflows'

/** A browser that has used its link. */
function loggedIn(): { readonly access: Access; readonly cookie: string } {
  const access = new Access(8233)
  const { pathname, search } = new URL(access.link('/runs'))
  const verdict = access.judge({ method: 'GET', target: `${pathname}${search}`, headers: { host: HOST } })
  if (verdict.kind !== 'login') throw new Error('the link does not log in')
  return { access, cookie: verdict.cookie.split(';')[0] ?? '' }
}

describe('the login to the UI', () => {
  it('sets a cookie that scripts cannot read and other sites do not send, and redirects to the requested page', () => {
    const access = new Access(8233)
    const { pathname, search } = new URL(access.link('/namespaces/default'))
    const verdict = access.judge({ method: 'GET', target: `${pathname}${search}`, headers: { host: HOST } })
    expect(verdict).toMatchObject({ kind: 'login', location: '/namespaces/default' })
    expect(verdict).toHaveProperty('cookie', expect.stringMatching(/; HttpOnly; SameSite=Strict; Path=\/$/))
  })

  it('works once per link', () => {
    const access = new Access(8233)
    const { pathname, search } = new URL(access.link('/'))
    const visit = { method: 'GET', target: `${pathname}${search}`, headers: { host: HOST } }
    expect(access.judge(visit).kind).toBe('login')
    expect(access.judge(visit)).toMatchObject({ kind: 'refused', status: 403 })
  })

  it('of one UI is not valid for another on the next port', () => {
    const { cookie } = loggedIn()
    const other = new Access(8234)
    const headers = { host: '127.0.0.1:8234', cookie }
    expect(other.judge({ method: 'GET', target: '/', headers }).kind).toBe('refused')
  })
})

describe('a request with the cookie', () => {
  const cases: readonly [string, string, Record<string, string>, 'allowed' | 'refused'][] = [
    ['of the pages themselves', 'GET', { 'sec-fetch-site': 'same-origin' }, 'allowed'],
    ['typed into the address bar', 'GET', { 'sec-fetch-site': 'none' }, 'allowed'],
    ['by curl, which says nothing of a page', 'GET', {}, 'allowed'],
    ['by a link on another page', 'GET', page('cross-site', 'navigate', 'document'), 'allowed'],
    ['by a frame of another page', 'GET', page('same-site', 'navigate', 'iframe'), 'refused'],
    ['by a script of a page on another port', 'GET', page('same-site', 'cors', 'empty'), 'refused'],
    ['by a script tag of another site', 'GET', page('cross-site', 'no-cors', 'script'), 'refused'],
    ['that changes something, from the pages', 'POST', { origin: `http://${HOST}` }, 'allowed'],
    ['that changes something, from another port', 'POST', { origin: 'http://127.0.0.1:9' }, 'refused'],
    ['that changes something, from nowhere', 'POST', {}, 'refused'],
    ['that changes something, from a page without an origin', 'POST', { origin: 'null' }, 'refused'],
  ]

  it.each(cases)('%s is judged by its origin', (_, method, headers, kind) => {
    const { access, cookie } = loggedIn()
    expect(access.judge({ method, target: RUNS, headers: { host: HOST, cookie, ...headers } }).kind).toBe(
      kind,
    )
  })

  it.each(['evil.example:8233', '127.0.0.1', '127.0.0.1:80', '127.0.0.1.nip.example:8233', undefined])(
    'to the host name %s is refused, with the address of the UI',
    (host) => {
      const { access, cookie } = loggedIn()
      const headers = { cookie, ...defined({ host }) }
      expect(access.judge({ method: 'GET', target: RUNS, headers })).toMatchObject({ status: 421 })
    },
  )
})

function page(site: string, mode: string, dest: string): Record<string, string> {
  return { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest }
}

describe.runIf(process.platform === 'linux')('a connection', () => {
  it('of this user is recognised', async () => {
    const server = createServer()
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const client = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1')
    expect(isOwnConnection(await accepted)).toBe(true)
    client.destroy()
    server.close()
  })

  it('of another or unknown user is not recognised', () => {
    const other = '  0: 0100007F:1F90 0100007F:2029 01 00000000:00000000 00:00000000 00000000 65534 0 1 1'
    const socket = { remoteAddress: '127.0.0.1', remotePort: 0x1f90, localPort: 0x2029 }
    expect(isOwnConnection(socket, () => `  sl  local_address\n${other}\n`)).toBe(false)
    expect(isOwnConnection(socket, () => '  sl  local_address\n')).toBe(false)
    // As Linux shows what was closed: with no inode, and root's whoever had it.
    const closed = '  0: 0100007F:1F90 0100007F:2029 06 00000000:00000000 03:00000F8B 00000000 0 0 0 3 0000'
    expect(isOwnConnection(socket, () => `  sl  local_address\n${closed}\n`)).toBe(false)
  })
})
