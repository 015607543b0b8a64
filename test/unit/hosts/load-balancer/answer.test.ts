import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../../../src/hosts/load-balancer/answer.js'

/** A TLS record of a handshake. */
function record(content: string): Buffer {
  const header = Buffer.from([0x16, 3, 3, 0, 0])
  header.writeUInt16BE(Buffer.byteLength(content), 3)
  return Buffer.concat([header, Buffer.from(content)])
}

const HELLO = record('server hello')
const whole = Buffer.concat([HELLO, record('… kubernetes.default.svc …')])

describe('the answer from the endpoint', () => {
  it('identifies an API server by its certificate', () => {
    expect(readAnswer(whole, false)).toBe('api-server')
    expect(readAnswer(Buffer.concat([HELLO, record('… www.example.com …')]), false)).toBe('other-certificate')
    expect(readAnswer(Buffer.from('HTTP/1.1 400 Bad Request\r\n'), false)).toBe('not-tls')
  })

  it('is not judged from a partial answer of a busy machine', () => {
    const upToTheName = HELLO.length + 12
    for (let length = 1; length < upToTheName; length++) {
      if (length === HELLO.length) continue
      expect(readAnswer(whole.subarray(0, length), false), `${length} bytes`).toBe('silent')
    }
  })
})
