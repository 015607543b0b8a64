import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../src/engine/ports.js'
import { assertReachable } from '../../../src/temporal/tcp-probe.js'
import { plainSettings } from '../../../src/temporal/settings.js'
import { runAddress, uiAddressOf } from '../../../src/client/ui-address.js'

describe('checking whether a Temporal server is reachable', () => {
  it('passes if something listens', async () => {
    const server = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    await expect(assertReachable(`127.0.0.1:${port}`)).resolves.toBeUndefined()
    await new Promise((resolve) => server.close(resolve))
  })

  it('fails with the address and the reason', async () => {
    const address = `127.0.0.1:${await freePort()}`
    await expect(assertReachable(address)).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: `no Temporal server answers at ${address}: connection refused`,
    })
  })

  it('rejects an invalid address', async () => {
    await expect(assertReachable('temporal')).rejects.toThrow('the address is not host:port')
  })
})

describe('the address of the UI', () => {
  it('is the value of TEMPORAL_UI_ADDRESS', async () => {
    const environment = { TEMPORAL_UI_ADDRESS: 'https://temporal.lab/' }
    await expect(uiAddressOf(plainSettings('temporal.lab:7233'), environment)).resolves.toBe(
      'https://temporal.lab',
    )
  })

  it('is that of Temporal Cloud for Temporal Cloud servers', async () => {
    await expect(uiAddressOf(plainSettings('ops.a1b2.tmprl.cloud:7233'), {})).resolves.toBe(
      'https://cloud.temporal.io',
    )
  })

  it('is not guessed for other remote servers', async () => {
    await expect(uiAddressOf(plainSettings('temporal.lab:7233'), {})).resolves.toBeUndefined()
  })

  it.each([
    ['the settings of the UI', '{"DefaultNamespace":"","FeedbackURL":"","Version":"2.54.1"}', true],
    ['settings of something else', '{"theme":"dark"}', false],
    ['a page', '<html>it works</html>', false],
  ])('is a port on this machine only if the UI answers there: %s', async (_, body, isUi) => {
    const server = createHttpServer((request, response) => {
      response.end(request.url === '/api/v1/settings' ? body : 'not found')
    })
    const port = await freePort()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    try {
      const found = await uiAddressOf(plainSettings('127.0.0.1:7233'), {}, [await freePort(), port])
      expect(found).toBe(isUi ? `http://127.0.0.1:${port}` : undefined)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('can point to a single run', () => {
    expect(runAddress('http://127.0.0.1:8233', 'default', { workflowId: 'cluster/prod', runId: 'r1' })).toBe(
      'http://127.0.0.1:8233/namespaces/default/workflows/cluster%2Fprod/r1/timeline',
    )
  })
})
