/**
 * The UI of `quorate ui`: a server on 127.0.0.1 that checks who is asking, and combines the pages with Temporal's API.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Client } from '@temporalio/client'
import { createProxyServer } from 'httpxy'
import { freePort } from '../engine/ports.js'
import { Access } from './access.js'
import { temporalApi } from './api.js'
import type { UiAssets } from './assets.js'
import { isOwnConnection } from './peer.js'

/** The port of the Temporal CLI's own UI, which people know. */
const USUAL_PORT = 8233
const API = '/api/v1/'
const SETTINGS = '/api/v1/settings'
const CODEC = '/codec'

/** Nothing of ours belongs in other sites' pages, caches or logs; the pages themselves need only their own scripts. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "frame-ancestors 'none'; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** Answers a request; its URL is relative to where the handler is mounted. */
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export interface UiOptions {
  /** The connection to the real server, as it is now. */
  readonly client: () => Client
  readonly assets: Pick<UiAssets, 'url'>
  /** Reads sealed payloads for the pages (Temporal's codec protocol); without it they are shown as they are. */
  readonly codec?: Handler
  /** The preferred port; another one is used if it is not free. */
  readonly port?: number
  /** Called when a link was used: the next browser needs another one. */
  readonly onLogin?: () => void
}

/** A UI that is served. */
export interface ServedUi {
  /** A link that opens this path of the UI in one browser, once. */
  link(path: string): string
  close(): Promise<void>
}

/** Serves the UI until it is closed. */
export async function serveUi(options: UiOptions): Promise<ServedUi> {
  const port = await freePort(options.port ?? USUAL_PORT)
  const access = new Access(port)
  const handle = router(options)
  const server = createServer((request, response) => {
    void (async () => {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
      if (admit(access, request, response, options)) await handle(request, response)
    })().catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(502, { 'Content-Type': 'text/plain' })
      response.end(error instanceof Error ? error.message : String(error))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve)
  })
  return { link: (path) => access.link(path), close: () => close(server) }
}

/** Whether the request may go on; if not, it has been answered. */
function admit(
  access: Access,
  request: IncomingMessage,
  response: ServerResponse,
  { onLogin }: UiOptions,
): boolean {
  if (!isOwnConnection(request.socket)) {
    refuse(response, 403, 'this UI belongs to another user of this machine')
    return false
  }
  const { method = '', url: target = '', headers } = request
  const verdict = access.judge({ method, target, headers })
  switch (verdict.kind) {
    case 'allowed':
      return true
    case 'login':
      response.writeHead(303, {
        'Set-Cookie': verdict.cookie,
        Location: verdict.location,
        'Cache-Control': 'no-store',
      })
      response.end()
      onLogin?.()
      return false
    case 'refused':
      refuse(response, verdict.status, verdict.reason)
      return false
  }
}

function router({ client, assets, codec }: UiOptions): Handler {
  const api = temporalApi(client)
  const pages = createProxyServer({ target: assets.url, changeOrigin: true })
  pages.on('proxyReq', (outgoing) => outgoing.removeHeader('cookie'))
  pages.on('proxyRes', (incoming) => {
    const ours = ['set-cookie', ...Object.keys(HEADERS).map((name) => name.toLowerCase())]
    incoming.headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !ours.includes(name)),
    )
  })
  return async (request, response) => {
    const url = request.url ?? ''
    if (url.split('?')[0] === SETTINGS) return settings(request, response, assets.url, codec !== undefined)
    if (url.startsWith(API)) return api(request, response)
    if (codec !== undefined && url.startsWith(`${CODEC}/`)) {
      request.url = url.slice(CODEC.length)
      return codec(request, response)
    }
    await pages.web(request, response)
  }
}

/** The settings for the pages: those of the Temporal CLI, with our codec if there is one. */
async function settings(
  { headers }: IncomingMessage,
  response: ServerResponse,
  pagesUrl: string,
  hasCodec: boolean,
): Promise<void> {
  const told = (await (await fetch(`${pagesUrl}${SETTINGS}`)).json()) as { Codec?: object }
  const endpoint = hasCodec
    ? { Endpoint: `http://${headers.host ?? ''}${CODEC}`, IncludeCredentials: true }
    : {}
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify({ ...told, Codec: { ...told.Codec, ...endpoint } }))
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(`${reason}\n`)
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}
