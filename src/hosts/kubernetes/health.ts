/** What components say of themselves. */
import type { Session } from '../../ssh/index.js'
import { HttpsClient, KeptPerHost } from '../https/client.js'
import { isApiFailure } from './api/refusal.js'
import type { ClusterApi } from './cluster-api.js'

/** True when the API server says that it is ready; false also when it does not answer. */
export async function isApiServerReady(api: ClusterApi): Promise<boolean> {
  try {
    return (await api.get('/readyz')).trim() === 'ok'
  } catch (error) {
    if (isApiFailure(error)) return false
    throw error
  }
}

const TIMEOUT_MS = 5_000

/** By port: clients of components on the loopback of hosts. */
const clients = new KeptPerHost<HttpsClient>()

/** Whether a component that listens on the host's loopback reports on its `/healthz` that it is healthy. */
export async function isComponentHealthy(session: Session, port: number): Promise<boolean> {
  // Its certificate is its own, so it is not verified, and is shown no credentials; but what answers on this host's
  // loopback is what we ask for.
  const outcome = await loopbackClient(session, port).ask(session, {
    method: 'GET',
    path: '/healthz',
    timeoutMs: TIMEOUT_MS,
  })
  return outcome.kind === 'answered' && outcome.status === 200 && outcome.body.trim() === 'ok'
}

function loopbackClient(session: Session, port: number): HttpsClient {
  const kept = clients.of(session)
  const client = kept.get(String(port)) ?? new HttpsClient({ host: '127.0.0.1', port }, { ca: undefined })
  kept.set(String(port), client)
  return client
}
