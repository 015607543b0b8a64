/** Servers within reach of hosts that are scripted: in this process, without a network. */
import { duplexPair } from 'node:stream'
import { HostStream, streamOver } from '../../src/ssh/run/host-stream.js'
import type { Session } from '../../src/ssh/session.js'
import type { Endpoint } from '../../src/cluster/model.js'
import { ApiIdentity, apiServer, type ApiAnswer, type ApiAnswers, type Asked } from './api-server.js'

/** The addresses of the hosts of `clusters.ts`, and where hosts reach themselves. */
const ADDRESSES = Array.from({ length: 120 }, (_, last) => `192.0.2.${last + 1}`)

let identity: ApiIdentity | undefined

/** One for all scripted hosts of a test file. */
export function scriptedIdentity(): ApiIdentity {
  identity ??= new ApiIdentity('127.0.0.1', ...ADDRESSES)
  return identity
}

/** The parts of a session to a host that reaches servers with these answers, at whatever address it asks. */
export function reaching(
  answers: (asked: Asked, server: Endpoint) => ApiAnswer,
): Pick<Session, 'way' | 'connect'> {
  return {
    way: {},
    connect: (server) => Promise.resolve({ stream: streamTo((asked) => answers(asked, server)) }),
  }
}

function streamTo(answers: ApiAnswers): HostStream {
  const [near, far] = duplexPair()
  far.on('error', () => undefined)
  apiServer(scriptedIdentity(), answers).emit('connection', far)
  return streamOver(near, () => undefined)
}

/** The files with which a control plane asks the API server, and etcd. */
export function accessFiles(): Readonly<Record<string, string>> {
  const { authority, server } = scriptedIdentity()
  return {
    '/etc/kubernetes/admin.conf': scriptedIdentity().adminConf(),
    '/etc/kubernetes/pki/etcd/ca.crt': authority,
    '/etc/kubernetes/pki/apiserver-etcd-client.crt': server.certificate,
    '/etc/kubernetes/pki/apiserver-etcd-client.key': server.key,
  }
}
