import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../src/engine/ports.js'

describe('a free port', () => {
  it('is the preferred one unless that is in use', async () => {
    const taken = await freePort()
    expect(await freePort(taken)).toBe(taken)
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve))
    expect(await freePort(taken)).not.toBe(taken)
    await new Promise((resolve) => server.close(resolve))
  })
})
