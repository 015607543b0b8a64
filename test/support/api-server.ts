/** An API server of a test's own: TLS with a throwaway authority, known by an admin.conf as kubeadm writes it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { TestAuthority, type Issued } from './issued-certificates.js'

/** A request, as the server got it. */
export interface Asked {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly contentType: string | undefined
  /** As text. */
  readonly body: string
  /** The user that the client's certificate names; undefined if it has shown none. */
  readonly user: string | undefined
}

/**
 * The status and the body, as text or as what is sent as JSON. `never`: no answer ever comes; `cut`: the connection ends
 * instead, `cut-in-half`: amid the answer.
 */
export type ApiAnswer =
  { readonly status?: number; readonly body?: unknown } | 'never' | 'cut' | 'cut-in-half'

export type ApiAnswers = (asked: Asked) => ApiAnswer | Promise<ApiAnswer>

/** The answer to a request for what there is not. */
export const NOT_FOUND = refusal(404, 'NotFound')

/** The API's own words for a refusal. */
export function refusal(code: number, reason: string, message = reason, causes: readonly string[] = []) {
  const details = { causes: causes.map((cause) => ({ reason: cause })) }
  return { status: code, body: { kind: 'Status', status: 'Failure', code, reason, message, details } }
}

/** Every API server's certificate is for this name. */
const API_SERVER_NAME = 'kubernetes.default.svc'

/** Certificates of a server and its administrator. Issued once, for all servers of a test file. */
export class ApiIdentity {
  readonly authority: string
  readonly server: Issued
  #admin: Issued
  readonly #authority: TestAuthority
  readonly #names: readonly string[]

  /** @param names addresses and names that the server's certificate is good for. */
  constructor(...names: readonly string[]) {
    this.#authority = new TestAuthority('kubernetes')
    this.#names = names
    this.authority = this.#authority.certificate
    this.server = this.anotherServer(30)
    this.#admin = this.anotherAdmin('kubernetes-admin', 30)
  }

  /** Another certificate for the server, which expires in this many days. */
  anotherServer(daysLeft: number): Issued {
    return this.#authority.issue('kube-apiserver', daysLeft, API_SERVER_NAME, ...this.#names)
  }

  /** Another certificate for the administrator, who may get another name. */
  anotherAdmin(user: string, daysLeft: number): Issued {
    return this.#authority.issue(user, daysLeft)
  }

  /** The administrator gets another certificate, with another user name. */
  renewAdmin(user: string): void {
    this.#admin = this.anotherAdmin(user, 30)
  }

  /** What the control plane has as /etc/kubernetes/admin.conf. */
  adminConf(admin = this.#admin): string {
    const data = (text: string) => Buffer.from(text).toString('base64')
    return [
      'apiVersion: v1',
      'kind: Config',
      'clusters:',
      `- cluster:\n    certificate-authority-data: ${data(this.authority)}\n    server: https://api.example.com:6443`,
      '  name: kubernetes',
      'contexts:',
      '- context:\n    cluster: kubernetes\n    user: kubernetes-admin',
      '  name: kubernetes-admin@kubernetes',
      'current-context: kubernetes-admin@kubernetes',
      'users:',
      '- name: kubernetes-admin',
      `  user:\n    client-certificate-data: ${data(admin.certificate)}\n    client-key-data: ${data(admin.key)}`,
      '',
    ].join('\n')
  }

  /** The administrator's private key, one line of it. */
  get secret(): string {
    return this.#admin.key.split('\n')[1] ?? ''
  }

  remove(): void {
    this.#authority.remove()
  }
}

/** A server that gives these answers; it listens nowhere yet. */
export function apiServer({ authority, server }: ApiIdentity, answers: ApiAnswers): Server {
  const options = { cert: server.certificate, key: server.key, ca: authority }
  return createServer({ ...options, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    void serve(request, response, answers)
  })
}

async function serve(request: IncomingMessage, response: ServerResponse, answers: ApiAnswers): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const answer = await answers({
    method: request.method ?? '',
    path: request.url ?? '',
    contentType: request.headers['content-type'],
    body: Buffer.concat(chunks).toString(),
    user: userOf(request.socket),
  })
  if (answer === 'never') return
  if (answer === 'cut' || answer === 'cut-in-half') {
    if (answer === 'cut-in-half') {
      response.writeHead(200, { 'content-length': '100' })
      await new Promise((resolve) => response.write('{"items":', resolve))
    }
    request.socket.destroy()
    return
  }
  const { status = 200, body = '' } = answer
  response.statusCode = status
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function userOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const subject = socket.getPeerCertificate().subject as { readonly CN?: string } | undefined
  return subject?.CN
}

export interface TestApiServer {
  readonly port: number
  readonly identity: ApiIdentity
  /** Every request so far. */
  readonly asked: readonly Asked[]
  /** The number of connections accepted so far. */
  readonly connections: () => number
  /** Resets every connection. */
  cut(): void
  close(): Promise<void>
}

/** Starts a server on loopback that gives these answers. */
export async function startApiServer(answers: ApiAnswers): Promise<TestApiServer> {
  const identity = new ApiIdentity('127.0.0.1')
  const asked: Asked[] = []
  const sockets = new Set<Socket>()
  let accepted = 0
  const server = apiServer(identity, (request) => {
    asked.push(request)
    return answers(request)
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    accepted += 1
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => sockets.forEach((socket) => socket.resetAndDestroy())
  return {
    port: (server.address() as AddressInfo).port,
    identity,
    asked,
    connections: () => accepted,
    cut,
    close: async () => {
      cut()
      identity.remove()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
