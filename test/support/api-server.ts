/** An API server of a test's own: TLS with a throwaway authority, known to it by an admin.conf as kubeadm writes it. */
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { TestAuthority } from './issued-certificates.js'

/** A request, as the server got it. */
export interface Asked {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly contentType: string | undefined
  readonly body: unknown
  /** The user that the client's certificate names; undefined if it has shown none. */
  readonly user: string | undefined
}

/** The status and the body, which is sent as JSON unless it is text; undefined: no answer ever comes. */
export type Answer = { readonly status?: number; readonly body?: unknown } | undefined

export interface TestApiServer {
  readonly port: number
  /** What the control plane has as /etc/kubernetes/admin.conf. */
  readonly adminConf: () => string
  /** Every request so far. */
  readonly asked: readonly Asked[]
  /** The number of connections accepted so far. */
  readonly connections: () => number
  /** Resets every connection. */
  cut(): void
  /** Gives the administrator a certificate for another user name. */
  renewAdmin(user: string): void
  close(): Promise<void>
}

/** Starts a server on loopback that gives these answers; 404 where there is none. */
export async function startApiServer(
  answer: (request: Asked) => Answer | Promise<Answer> | 'unknown',
): Promise<TestApiServer> {
  const authority = new TestAuthority('kubernetes')
  const asked: Asked[] = []
  const sockets = new Set<Socket>()
  let admin = authority.issue('kubernetes-admin', 30)
  const { certificate: cert, key } = authority.issue('kube-apiserver', 30, '127.0.0.1')
  const server: Server = createServer(
    { cert, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const url = new URL(request.url ?? '', 'https://api')
        const text = Buffer.concat(chunks).toString()
        const seen: Asked = {
          method: request.method ?? '',
          path: url.pathname,
          query: url.searchParams,
          contentType: request.headers['content-type'],
          body: text === '' ? undefined : (JSON.parse(text) as unknown),
          user: userOf(request.socket),
        }
        asked.push(seen)
        void Promise.resolve(answer(seen)).then((given) => {
          if (given === undefined) return
          const { status = 200, body = '' } = given === 'unknown' ? NOT_FOUND : given
          response.statusCode = status
          response.end(typeof body === 'string' ? body : JSON.stringify(body))
        })
      })
    },
  )
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    accepted += 1
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  let accepted = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => sockets.forEach((socket) => socket.resetAndDestroy())
  return {
    port: (server.address() as AddressInfo).port,
    adminConf: () => adminConf(authority.certificate, admin.certificate, admin.key),
    asked,
    connections: () => accepted,
    cut,
    renewAdmin: (user) => (admin = authority.issue(user, 30)),
    close: async () => {
      cut()
      authority.remove()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An answer for whatever there is not. */
export const NOT_FOUND = {
  status: 404,
  body: { kind: 'Status', status: 'Failure', reason: 'NotFound', message: 'not found', code: 404 },
}

function userOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const subject = socket.getPeerCertificate().subject as { readonly CN?: string } | undefined
  return subject?.CN
}

function adminConf(authority: string, certificate: string, key: string): string {
  const data = (text: string) => Buffer.from(text).toString('base64')
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    `- cluster:\n    certificate-authority-data: ${data(authority)}\n    server: https://api.example.com:6443`,
    '  name: kubernetes',
    'contexts:',
    '- context:\n    cluster: kubernetes\n    user: kubernetes-admin',
    '  name: kubernetes-admin@kubernetes',
    'current-context: kubernetes-admin@kubernetes',
    'users:',
    '- name: kubernetes-admin',
    `  user:\n    client-certificate-data: ${data(certificate)}\n    client-key-data: ${data(key)}`,
    '',
  ].join('\n')
}
