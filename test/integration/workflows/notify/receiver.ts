/** A receiver of webhooks on this machine, which answers as it is told. */
import type { Client } from '@temporalio/client'
import { NOTIFIER } from '../../../../src/operations/notifications/delivery.js'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NotificationEvent } from '../../../../src/operations/notifications/event.js'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly event: NotificationEvent
}

export interface Receiver {
  readonly url: string
  readonly received: readonly Received[]
  /** Statuses of the next answers; 204 once there are no more. */
  answers: number[]
  /** What it got of one cluster. */
  of(cluster: string): readonly Received[]
  close(): Promise<void>
}

export async function startReceiver(path = '/hook'): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks).toString()
      received.push({ headers: request.headers, body, event: JSON.parse(body) as NotificationEvent })
      const status = receiver.answers.shift() ?? 204
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {})
      response.end(status === 204 ? undefined : `${'x'.repeat(10_000)} an answer that nobody repeats`)
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}${path}`,
    received,
    answers: [],
    of: (cluster) => received.filter(({ event }) => event.cluster === cluster),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}

/** Checks a signature as docs/notifications.md tells receivers to. */
export function isSigned({ headers, body }: Received, secret: string): boolean {
  const [, time, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['quorate-signature'])) ?? []
  const expected = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  return digest === expected && Math.abs(Date.now() / 1_000 - Number(time)) < 300
}

/** How the deliveries of a cluster's events stand, by Temporal's own words. */
export async function statusesOfDeliveries(client: Client, cluster: string): Promise<readonly string[]> {
  const query = `WorkflowType = '${NOTIFIER}' AND WorkflowId STARTS_WITH 'notify/${cluster}/'`
  const statuses: string[] = []
  for await (const { status } of client.workflow.list({ query })) statuses.push(status.name)
  return statuses
}
