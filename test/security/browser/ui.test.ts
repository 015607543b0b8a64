/** `quorate ui` in a real browser: its owner sees the run; other pages in the same browser, logged in as it is, do not. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fetchFrom, launchBrowser, rebind, startForeignSite } from './browser.js'
import { EmbeddedEngine } from '../../support/embedded-engine.js'
import { eventually } from '../../support/eventually.js'
import type { Running } from '../../support/process.js'
import { startQuorate } from '../../support/quorate.js'

/** The pages are many files; on a busy machine they take their time. */
const PATIENCE = { timeout: 100_000 }
/** Three servers and a browser, beside whatever else the machine does. */
const STARTUP_MS = 120_000
const RUNS = '/api/v1/namespaces/default/workflows'
const EVIL_RUN = JSON.stringify({ workflowType: { name: 'planCluster' }, taskQueue: { name: 'quorate' } })

let engine: EmbeddedEngine
let browser: Browser
let foreign: Awaited<ReturnType<typeof startForeignSite>>
let ui: Running
let link: string
/** The browser of the owner, logged in. */
let owner: BrowserContext
let page: Page

beforeAll(async () => {
  ;[engine, browser, foreign] = await Promise.all([
    EmbeddedEngine.start(),
    launchBrowser(),
    startForeignSite(),
  ])
  await engine.apply()
  ui = startQuorate(['ui', 'shop', '--json'], engine.environment)
  await eventually(() => ui.output().includes('"link"'), 'the UI prints its link', STARTUP_MS)
  link = (JSON.parse(ui.output().split('\n')[0] ?? '') as { link: string }).link
  owner = await browser.newContext()
  await owner.request.get(link, { maxRedirects: 0 })
}, 3 * STARTUP_MS)
afterAll(async () => {
  ui.child.kill('SIGTERM')
  await ui.ended
  await browser.close()
  await foreign.close()
  await engine.remove()
})
beforeEach(async () => {
  page = await owner.newPage()
})
afterEach(() => page.close())

function origin(): string {
  return new URL(link).origin
}

describe('the owner of the engine', () => {
  it('sees the history of a run in the browser', async () => {
    await page.goto(`${origin()}/namespaces/default/workflows/cluster%2Fshop`, PATIENCE)
    await page.getByText('applyCluster').first().waitFor(PATIENCE)
    await page.getByText('cp1').first().waitFor(PATIENCE)
    expect(new URL(page.url()).pathname).toContain('cluster%2Fshop')
  })

  it('can send a signal to the run from there', async () => {
    await page.route(`${origin()}/here`, (route) => route.fulfill({ contentType: 'text/html', body: '' }))
    await page.goto(`${origin()}/here`)
    const body = JSON.stringify({ signalName: 'pause', identity: 'browser' })
    const answer = await fetchFrom(page, `${RUNS}/cluster%2Fshop/signal/pause`, { method: 'POST', body })
    // Accepted, or too late: a run that cannot reach its host ends by itself.
    expect(answer).toMatch(/^200 |already completed/)
  })
})

describe('a page from another origin in the same browser', () => {
  beforeEach(async () => {
    await page.goto(foreign.url)
  })

  it('starts nothing with a request that needs no preflight', async () => {
    const before = await engine.workflows()
    await fetchFrom(page, `${origin()}${RUNS}/evil`, { method: 'POST', mode: 'no-cors', body: EVIL_RUN })
    expect(await engine.workflows()).toEqual(before)
  })

  it('starts nothing with a form', async () => {
    const before = await engine.workflows()
    await page.setContent(
      `<form method="post" enctype="text/plain" action="${origin()}${RUNS}/evil"><input name='${EVIL_RUN.slice(0, -1)},"x":"' value='"}'></form>`,
    )
    const [response] = await Promise.all([
      page.waitForResponse(`${origin()}${RUNS}/evil`),
      page.evaluate('document.forms[0].submit()'),
    ])
    expect(response.status()).toBe(403)
    expect(await engine.workflows()).toEqual(before)
  })

  it('reads nothing', async () => {
    expect(await fetchFrom(page, `${origin()}${RUNS}`)).toBe('blocked')
    expect(await fetchFrom(page, `${origin()}/api/v1/settings`)).toBe('blocked')
    expect(await fetchFrom(page, `${origin()}/login`)).toBe('blocked')
  })

  it.each(['script', 'img'])('gets nothing through a %s element', async (tag) => {
    const outcome = await page.evaluate(
      `new Promise((resolve) => {
        const element = document.createElement('${tag}')
        element.onload = () => resolve('loaded')
        element.onerror = () => resolve('refused')
        element.src = '${origin()}${tag === 'img' ? '/favicon.ico' : RUNS}'
        document.body.append(element)
      })`,
    )
    expect(outcome).toBe('refused')
  })

  it('cannot show the UI in a frame', async () => {
    await page.setContent(`<iframe src="${origin()}/"></iframe>`)
    const frame = await page.waitForSelector('iframe')
    await eventually(
      async () => (await frame.contentFrame())?.url().startsWith('chrome-error:') === true,
      'the browser refuses the frame',
    )
  })
})

describe('a page whose own host name resolves to 127.0.0.1', () => {
  it('learns only the address of the UI', async () => {
    const before = await engine.workflows()
    await rebind(page, Number(new URL(origin()).port))
    for (const path of [RUNS, '/', '/api/v1/settings', new URL(link).pathname + new URL(link).search]) {
      expect(await fetchFrom(page, path)).toBe(`421 the UI is at ${origin()} only\n`)
    }
    expect(await fetchFrom(page, `${RUNS}/evil`, { method: 'POST', body: EVIL_RUN })).toMatch(/^421 /)
    expect(await engine.workflows()).toEqual(before)
  })
})

describe('a browser without the link', () => {
  it('gets no page, no data and no cookie', async () => {
    const stranger = await browser.newContext()
    for (const path of ['/', RUNS, '/api/v1/settings', '/login', '/login?token=guess']) {
      const response = await stranger.request.get(`${origin()}${path}`)
      expect([path, response.status(), response.headers()['set-cookie']]).toEqual([path, 403, undefined])
    }
    await stranger.close()
  })

  it('cannot use the link twice', async () => {
    const stranger = await browser.newContext()
    const response = await stranger.request.get(link, { maxRedirects: 0 })
    expect([response.status(), await response.text()]).toEqual([
      403,
      'this link was used before, or is of an earlier `quorate ui`\n',
    ])
    await stranger.close()
  })
})
