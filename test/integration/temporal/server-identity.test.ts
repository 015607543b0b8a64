/** What locks on hosts know of Temporal, asked of real servers. */
import { NativeConnection } from '@temporalio/worker'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect } from '../../../src/client.js'
import { workerIdentity } from '../../../src/temporal/installation.js'
import { identifyServer, type ServerIdentity } from '../../../src/temporal/server-identity.js'
import { aCluster } from '../../support/clusters.js'
import { TestServer } from '../../support/tiny-operations.js'

let ours: TestServer
let theirs: TestServer
beforeAll(async () => {
  ours = await TestServer.start()
  theirs = await TestServer.start()
})
afterAll(async () => {
  await ours.remove()
  await theirs.remove()
})

async function asking<Result>(
  { address }: TestServer,
  ask: (server: ServerIdentity) => Result | Promise<Result>,
): Promise<Result> {
  const connection = await NativeConnection.connect({ address })
  try {
    return await ask(await identifyServer(connection, 'default'))
  } finally {
    await connection.close()
  }
}

it('two servers have different identities, which survive a crash', async () => {
  const before = await asking(ours, ({ namespaceId }) => namespaceId)
  expect(before).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(await asking(theirs, ({ namespaceId }) => namespaceId)).not.toBe(before)
  ours.kill()
  await ours.startAgain()
  expect(await asking(ours, ({ namespaceId }) => namespaceId)).toBe(before)
})

it('a run is attributed to whoever started it, or to its worker if that is unknown', async () => {
  const client = await connect({ address: theirs.address })
  const { workflowId, runId } = await client.start('apply', aCluster())
  await client.close()
  const starter = process.env['USER'] ?? process.env['LOGNAME'] ?? 'root'
  expect(await asking(theirs, (server) => server.startedBy({ workflowId, runId }))).toMatch(
    new RegExp(`^${starter}@.`),
  )
  const unknown = { workflowId: 'cluster/unknown', runId }
  expect(await asking(theirs, (server) => server.startedBy(unknown))).toBe(workerIdentity())
})
