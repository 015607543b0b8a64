/** A real browser (Debian's Chromium, headless) and an attacker's pages for it. */
import { createServer, type Server } from 'node:http'
import { chromium, type Browser, type Page } from 'playwright-core'

/** Resolves to 127.0.0.1, as an attacker's name server can claim for any name. */
const EVIL_HOST = 'evil.example'

/** Starts the browser, which the test must close. */
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

/** Somebody else's web site on this machine, with empty pages. */
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

/** What a script in a page gets for a request: status and text, or `blocked` if the browser returns nothing. */
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
          // A simple request, which needs no preflight.
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
