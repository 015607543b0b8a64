/** A real browser (Debian's Chromium, headless), and pages of an attacker for it. */
import { createServer, type Server } from 'node:http'
import { chromium, type Browser, type Page } from 'playwright-core'

/** Leads to 127.0.0.1, as a name server of an attacker may say of any name. */
const EVIL_HOST = 'evil.example'

/** Starts the browser; to be closed by the test. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      // What keeps pages from this machine must be ours, not the newest browser's.
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
      `--host-resolver-rules=MAP ${EVIL_HOST} 127.0.0.1`,
    ],
  })
}

/** A web site of somebody else on this machine: empty pages. */
export async function startForeignSite(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' })
    response.end('<!doctype html><title>foreign</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * Brings the page to the state of a DNS rebinding: it came from the attacker, and its own origin now is a port of this
 * machine, so that the browser lets it read whatever answers there.
 */
export async function rebind(page: Page, port: number): Promise<void> {
  const url = `http://${EVIL_HOST}:${port}/attack`
  await page.route(url, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))
  await page.goto(url)
}

/** What a script of a page gets for a request: status and text, or `blocked` where the browser gives it nothing. */
export function fetchFrom(
  page: Page,
  url: string,
  init: { method?: string; mode?: 'cors' | 'no-cors'; body?: string } = {},
): Promise<string> {
  return page.evaluate(
    async ([target, options]) => {
      try {
        const response = await fetch(target, {
          ...options,
          credentials: 'include',
          // What needs no permission asked of the other side first.
          ...(options.body === undefined ? {} : { headers: { 'Content-Type': 'text/plain' } }),
        })
        return response.type === 'opaque' ? 'opaque' : `${response.status} ${await response.text()}`
      } catch {
        return 'blocked'
      }
    },
    [url, init] as const,
  )
}
