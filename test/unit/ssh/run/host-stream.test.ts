import { duplexPair } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { streamOver } from '../../../../src/ssh/run/host-stream.js'

describe('a stream from a host', () => {
  it('ends when its reader fails, and what carries it does not notice', async () => {
    const [near, far] = duplexPair()
    const stream = streamOver(near, () => undefined)
    const failed = new Error('the reader fails')
    stream.on('data', () => {
      throw failed
    })
    await setImmediate()
    far.write('one')
    await setImmediate()
    expect([stream.errored, near.errored]).toEqual([failed, null])
  })

  it('says why it broke off', async () => {
    const [near] = duplexPair()
    const lost = new Error('the connection is lost')
    const stream = streamOver(near, () => lost)
    near.emit('close')
    await setImmediate()
    expect(stream.errored).toBe(lost)
  })

  it('holds its bytes back while nobody reads', async () => {
    const [near, far] = duplexPair()
    const stream = streamOver(near, () => undefined)
    for (let chunk = 0; chunk < 64; chunk += 1) far.write(Buffer.alloc(16_384))
    await setImmediate()
    expect(near.isPaused()).toBe(true)
    let received = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      received += chunk.length
      if (received === 64 * 16_384) break
    }
    expect(received).toBe(64 * 16_384)
  })
})
