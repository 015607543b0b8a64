import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createActivities } from '../../../src/activities/index.js'
import type { StepOutcome } from '../../../src/operations/steps.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { createSessionPool, type SessionPool } from '../../../src/ssh/index.js'
import { activityEnvironment } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { freePort, startSshd, type TestSshd } from '../../support/sshd.js'

let folder: string
let sshd: TestSshd
let sessions: SessionPool
const servers: Server[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-certificates-'))
  for (const name of ['.bashrc', 'environment'])
    writeFileSync(join(folder, name), 'echo "Welcome, says $0"\n')
  // Start-up files that every bash reads, also those of `bash -c`, and that print.
  sshd = await startSshd({ environment: { HOME: folder, BASH_ENV: join(folder, 'environment') } })
  sessions = createSessionPool({ agentSocket: '' })
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
afterAll(async () => {
  await sessions.close()
  await sshd.stop()
  rmSync(folder, { recursive: true })
})

async function listening(server: Server): Promise<number> {
  servers.push(server)
  const deaf = (emitter: Socket | Server) => emitter.on('error', () => undefined)
  server.on('connection', deaf)
  server.on('tlsClientError', () => undefined)
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

/** A server that does this with each connection. */
const plain = (act: (socket: Socket) => void): Promise<number> => listening(createServer(act))

/** A server of TLS whose certificate is for this name. */
function encrypted(name: string): Promise<number> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
  ]
  const about = ['-subj', '/CN=test', '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert]
  execFileSync('openssl', [...request, ...about], { stdio: 'ignore' })
  return listening(createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }))
}

interface Situation {
  readonly port: number
  readonly host?: string
  readonly type?: 'haproxy' | 'external'
  /** Where the first control plane's API server is; nowhere unless given. */
  readonly apiServer?: { readonly host: string; readonly port: number }
}

function clusterOf({ port, host = '127.0.0.1', type = 'external', apiServer }: Situation): Cluster {
  const { kubernetes, ...cluster } = aCluster()
  const initConfiguration = { localAPIEndpoint: { bindPort: apiServer?.port ?? 1 } }
  return {
    ...cluster,
    kubernetes: {
      ...kubernetes,
      controlPlaneEndpoint: { host, port },
      kubeadm: { ...kubernetes.kubeadm, initConfiguration },
    },
    loadBalancer: type === 'haproxy' ? { type, hosts: ['lb1'] } : { type },
    hosts: [],
  }
}

/** How the test ends where it is passed, or what it waits for. */
async function outcome(situation: Situation, changes: Partial<Cluster> = {}, host?: Host): Promise<string> {
  const cluster = { ...clusterOf(situation), ...changes }
  const first = aHost('cp1', { internalAddress: situation.apiServer?.host ?? '127.0.0.1' })
  const environment = activityEnvironment()
  let waitsFor = ''
  environment.on('heartbeat', ({ line }: { line: string }) => {
    if (line === '' || line === 'connecting') return
    waitsFor = line
    environment.cancel()
  })
  const { checkLoadBalancer } = createActivities({ sessions })
  try {
    const asked = host ?? sshd.host()
    const passed: StepOutcome = await environment.run(() => checkLoadBalancer(cluster, asked, first))
    return passed.summary
  } catch {
    return waitsFor
  }
}

describe('before any API server runs, the load balancer test', () => {
  it('passes for a load balancer that accepts connections and has no backend yet', async () => {
    const port = await plain((socket) => socket.destroy())
    expect(await outcome({ port, type: 'haproxy' })).toBe(
      `127.0.0.1:${port} accepts connections, with no API server behind it yet`,
    )
  })

  it('passes for an external load balancer that refuses, as the guide expects', async () => {
    const port = await freePort()
    expect(await outcome({ port })).toBe(`127.0.0.1:${port} refuses, as expected`)
  })

  it('waits if a load balancer of ours refuses', async () => {
    const port = await freePort()
    expect(await outcome({ port, type: 'haproxy' })).toMatch(
      /refuses connections \(ENDPOINT_REFUSED\): start /,
    )
  })

  it('waits for a name that does not resolve', async () => {
    expect(await outcome({ host: 'api.nowhere.invalid', port: 6443 })).toMatch(
      /^the name of api\.nowhere\.invalid:6443 does not resolve \(ENDPOINT_NOT_RESOLVED\): /,
    )
  })

  it('waits if something else answers, in plain text or with its own certificate', async () => {
    const web = await plain((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await outcome({ port: web })).toMatch(/does not speak TLS \(ENDPOINT_NOT_API_SERVER\): /)
    const secure = await encrypted('www.example.com')
    expect(await outcome({ port: secure })).toMatch(/is not an API server's \(ENDPOINT_NOT_API_SERVER\): /)
  })

  it('waits if connections are accepted and never answered', async () => {
    const port = await plain(() => undefined)
    expect(await outcome({ port })).toMatch(/then says nothing \(LOAD_BALANCER_EMPTY\): /)
  })
})

describe('once an API server runs, the load balancer test', () => {
  it('passes if the endpoint leads to it', async () => {
    const port = await encrypted('kubernetes.default.svc')
    expect(await outcome({ port, apiServer: { host: '127.0.0.1', port } })).toBe(`127.0.0.1:${port} answers`)
  })

  it('waits if the load balancer still refuses or closes connections', async () => {
    const apiServer = { host: '127.0.0.1', port: await encrypted('kubernetes.default.svc') }
    expect(await outcome({ port: await freePort(), apiServer })).toMatch(/\(ENDPOINT_REFUSED\)/)
    const closing = await plain((socket) => socket.destroy())
    expect(await outcome({ port: closing, apiServer })).toMatch(/closes them again \(LOAD_BALANCER_EMPTY\)/)
  })
})

describe('the connection from a load balancer to a control plane', () => {
  it('is refused before init and answered once an API server runs', async () => {
    const lb1 = { ...sshd.host(), name: 'lb1', role: 'load-balancer' } as const
    const hosts = { loadBalancer: { type: 'haproxy', hosts: ['lb1'] }, hosts: [lb1] } as const
    const to = (port: number) => ({ port: 6443, apiServer: { host: '127.0.0.1', port } })
    const nothing = await freePort()
    expect(await outcome(to(nothing), hosts, lb1)).toBe(`127.0.0.1:${nothing} refuses, as expected`)
    const port = await encrypted('kubernetes.default.svc')
    expect(await outcome(to(port), hosts, lb1)).toBe(`127.0.0.1:${port} answers`)
  })

  it('is waited for, with the name of the one that the load balancer does reach', async () => {
    const port = await encrypted('kubernetes.default.svc')
    // A name that resolves nowhere stands for an address that the balancer does not reach.
    const cp2 = {
      ...sshd.host(),
      name: 'cp2',
      role: 'control-plane',
      internalAddress: 'cp2.nowhere.invalid',
    } as const
    const lb1 = { ...sshd.host(), name: 'lb1', role: 'load-balancer' } as const
    const hosts = { loadBalancer: { type: 'haproxy', hosts: ['lb1'] }, hosts: [cp2, lb1] } as const
    const waits = await outcome({ port, apiServer: { host: '127.0.0.1', port } }, hosts, cp2)
    expect(waits).toMatch(
      /^lb1 does not reach cp2 at cp2\.nowhere\.invalid:\d+ \(.*\), though it reaches cp1 \(BACKEND_UNREACHABLE\): /,
    )
  })
})
