/**
 * A web page in the operator's browser against every socket that the embedded engine listens at: from an origin of its
 * own, and by DNS rebinding, where the browser takes the engine for a part of the page's own site.
 */
import { connect } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fetchFrom, launchBrowser, rebind, startForeignSite } from './browser.js'
import { EmbeddedEngine } from '../../support/embedded-engine.js'
import { listeningOf } from '../../../src/engine/listening.js'

let engine: EmbeddedEngine
let browser: Browser
let page: Page
let foreign: Awaited<ReturnType<typeof startForeignSite>>

beforeAll(async () => {
  ;[engine, browser, foreign] = await Promise.all([
    EmbeddedEngine.start(),
    launchBrowser(),
    startForeignSite(),
  ])
})
afterAll(async () => {
  await browser.close()
  await foreign.close()
  await engine.remove()
})
beforeEach(async () => {
  page = await browser.newPage()
})
afterEach(() => page.close())

const START = '/api/v1/namespaces/default/workflows/evil'
const EVIL_RUN = JSON.stringify({ workflowType: { name: 'planCluster' }, taskQueue: { name: 'quorate' } })

function ports(): number[] {
  return listeningOf(engine.record.server.pid).map(({ port }) => port)
}

/** What a port says to a plain HTTP request, as a browser sends it. */
function httpAnswer(port: number, path: string, host = `127.0.0.1:${port}`): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    })
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.once('close', () => resolve(text))
    // A server that speaks something else may reset the connection.
    socket.on('error', () => resolve(text))
  })
}

describe('the sockets of the engine', () => {
  it('belong to the server and listen on loopback only; worker and supervisor listen nowhere', () => {
    const { server, worker, supervisor } = engine.record
    const sockets = listeningOf(server.pid)
    expect(new Set(sockets.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']))
    expect([...listeningOf(worker.pid), ...listeningOf(supervisor.pid)]).toEqual([])
  })

  it('speak gRPC, which browsers cannot, except for the closed HTTP interface and the metrics', async () => {
    const { httpPort, metricsPort } = engine.record
    expect(ports()).toEqual(expect.arrayContaining([httpPort, metricsPort]))
    for (const port of ports().filter((each) => each !== httpPort && each !== metricsPort)) {
      expect(await httpAnswer(port, '/api/v1/namespaces')).not.toMatch(/^HTTP\/1/)
    }
  })

  it('reveal nothing through the HTTP interface', async () => {
    for (const host of [undefined, 'localhost', 'evil.example']) {
      const answer = await httpAnswer(engine.record.httpPort, '/api/v1/namespaces', host)
      expect(answer).toMatch(/^HTTP\/1\.1 403 [\s\S]*Host not allowed/)
    }
  })

  it('reveal only counts as metrics: no cluster, host or payload', async () => {
    await engine.apply()
    const { metricsPort } = engine.record
    expect(await httpAnswer(metricsPort, '/metrics')).not.toMatch(/shop|cp1/)
    for (const path of ['/', '/debug/pprof/', '/api/v1/namespaces']) {
      expect(await httpAnswer(metricsPort, path)).toMatch(/^HTTP\/1\.1 404 /)
    }
  })
})

describe('a page from another origin', () => {
  it('starts nothing and reads nothing on any port', async () => {
    const before = await engine.workflows()
    await page.goto(foreign.url)
    for (const port of ports()) {
      const url = `http://127.0.0.1:${port}`
      await fetchFrom(page, `${url}${START}`, { method: 'POST', mode: 'no-cors', body: EVIL_RUN })
      expect(await fetchFrom(page, `${url}/api/v1/namespaces/default/workflows`)).toBe('blocked')
    }
    expect(await engine.workflows()).toEqual(before)
  })
})

describe('a page whose own host name resolves to 127.0.0.1', () => {
  it('starts nothing and reads nothing on any port', async () => {
    const before = await engine.workflows()
    for (const port of ports()) {
      await rebind(page, port)
      expect(await fetchFrom(page, START, { method: 'POST', body: EVIL_RUN })).toMatch(/^(403|404|blocked)/)
      expect(await fetchFrom(page, '/api/v1/namespaces/default/workflows')).toMatch(/^(403|404|blocked)/)
    }
    expect(await engine.workflows()).toEqual(before)
  })
})
