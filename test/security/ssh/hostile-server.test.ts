/**
 * Whoever answers in place of a host, before anybody is logged in: what it says reaches no terminal raw, what it holds back
 * keeps nobody waiting for long, and what it sends without end fills no memory.
 */
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Host } from '../../../src/cluster/model.js'
import { createSessionPool, script, type SessionPool } from '../../../src/ssh/index.js'
import { wireString } from '../../../src/ssh/connect/wire.js'
import { packet, rawServer, sshServer, type HostileServer } from './hostile-server.js'
import { ATTACK, bounded, errorOf, impatientPool } from './attacks.js'

const MIB = 1024 * 1024

let server: HostileServer | undefined
let pool: SessionPool

beforeEach(() => {
  process.env['QUORATE_TEST_PASSWORD'] = 'secret'
  pool = impatientPool()
})

afterEach(async () => {
  await pool.close()
  server?.stop()
  delete process.env['QUORATE_TEST_PASSWORD']
})

function evilHost(): Host {
  if (server === undefined) throw new Error('no server runs')
  return server.host()
}

function disconnect(text: string, reason = 2): Buffer {
  const code = Buffer.alloc(5)
  code.writeUInt8(1)
  code.writeUInt32BE(reason, 1)
  return packet(Buffer.concat([code, wireString(text), wireString('')]))
}

describe('before its host key is checked, a hostile server', () => {
  it('is quoted as plain text when it hangs up', async () => {
    server = await rawServer((socket) =>
      socket.end(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), disconnect(ATTACK)])),
    )
    const error = await bounded(() => pool.session(evilHost()))
    expect(error).toMatchObject({
      code: 'SSH_UNREACHABLE',
      message: expect.stringContaining('it hung up and said: ✔ prod: 5 of 5 end') as string,
    })
  })

  it.each([
    'Timed out while waiting for handshake',
    'Connection lost before handshake',
    'Handshake failed: no matching host key format',
    'System is booting up',
  ])('cannot forge another error with the text %s', async (text) => {
    server = await rawServer((socket) =>
      socket.end(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), disconnect(text)])),
    )
    const error = await bounded(() => pool.session(evilHost()))
    expect(error.message).toContain(`it hung up and said: ${text}`)
  })

  it('cannot show escape sequences in its name or greeting', async () => {
    server = await rawServer((socket) => socket.end(`${ATTACK}\r\nSSH-2.0-${ATTACK}\r\n`))
    await bounded(() => pool.session(evilHost()))
  })

  it.each([
    ['a megabyte of text', 'x'.repeat(MIB)],
    ['lines without end', 'hello\r\n'.repeat(200_000)],
    ['a one-gigabyte packet', Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.from([0x40, 0, 0, 0, 4])])],
    ['meaningless packets', Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(MIB, 7)])],
    [
      'lists of algorithms of 30 KB',
      Buffer.concat([
        Buffer.from('SSH-2.0-x\r\n'),
        packet(
          Buffer.concat([
            Buffer.of(20),
            Buffer.alloc(16),
            ...Array.from({ length: 10 }, () => wireString('a,'.repeat(1500))),
            Buffer.alloc(5),
          ]),
        ),
      ]),
    ],
  ])('causes one of our errors in time with %s', async (_what, bytes) => {
    server = await rawServer((socket) => socket.write(bytes))
    await bounded(() => pool.session(evilHost()))
  })

  it.each([
    ['nothing', () => undefined],
    ['its name, a byte at a time', drip('SSH-2.0-OpenSSH_9.2\r\n')],
    ['a greeting that never ends', drip('hello\r\n'.repeat(1000))],
    ['the head of a packet', drip('SSH-2.0-OpenSSH_9.2\r\n\0\0\u0004')],
  ])('cannot block longer than the timeout with %s and then silence', async (_what, act) => {
    server = await rawServer((socket) => {
      act((text) => {
        socket.write(text)
      })
    })
    expect(await bounded(() => pool.session(evilHost()))).toMatchObject({ code: 'SSH_TIMEOUT' })
  })

  it('cannot extend the timeout by hanging up repeatedly', async () => {
    server = await rawServer((socket) => setTimeout(() => socket.destroy(), 400))
    expect(await bounded(() => pool.session(evilHost()))).toMatchObject({
      code: expect.stringMatching(/^SSH_(?:TIMEOUT|UNREACHABLE)$/) as string,
    })
  })
})

type Write = (text: string) => void

function drip(text: string): (write: Write) => void {
  return (write) => {
    let sent = 0
    const timer = setInterval(() => {
      write(text.charAt(sent))
      sent += 1
      if (sent === text.length) clearInterval(timer)
    }, 20).unref()
  }
}

describe('before the login, a hostile server', () => {
  it('is disconnected if it floods us with banners', async () => {
    server = await sshServer((client) => {
      client.on('authentication', () => {
        const flood = setInterval(() => {
          try {
            for (let count = 0; count < 100; count += 1) banner(client, ATTACK.repeat(100))
          } catch {
            clearInterval(flood)
          }
        }, 1)
        client.on('close', () => clearInterval(flood))
      })
    })
    expect(await bounded(() => pool.session(evilHost()))).toMatchObject({ code: 'SSH_HANDSHAKE_FAILED' })
  })

  it('does not turn a rejected login into a retry with a banner that mentions a shutdown', async () => {
    server = await sshServer((client) => {
      client.on('authentication', (context) => {
        banner(client, 'Unauthorized users are not permitted to log in. System is going down at night.\n')
        context.reject(['password'])
      })
    })
    expect(await bounded(() => pool.session(evilHost()))).toMatchObject({
      code: 'SSH_AUTHENTICATION_FAILED',
    })
  })

  it('causes a retry if pam_nologin closes an accepted login', async () => {
    server = await sshServer((client) => {
      client.on('authentication', (context) => {
        if (context.method === 'none') {
          context.reject(['password'])
          return
        }
        banner(client, `System is booting up. See pam_nologin(8). ${ATTACK}`)
        client.end()
      })
    })
    expect(await bounded(() => pool.session(evilHost()))).toMatchObject({
      code: 'SSH_UNREACHABLE',
      remedy: 'retry',
    })
  })

  it('cannot block the login by not answering', async () => {
    server = await sshServer((client) => client.on('authentication', () => undefined))
    expect(await bounded(() => pool.session(evilHost()))).toMatchObject({ code: 'SSH_TIMEOUT' })
  })

  it('cannot offer methods with escape sequences in their names', async () => {
    server = await sshServer((client) => {
      client.on('authentication', (context) => context.reject([ATTACK as never]))
    })
    expect(await bounded(() => pool.session(evilHost()))).toMatchObject({
      code: 'SSH_AUTHENTICATION_FAILED',
    })
  })

  it('gets the password once, however often it asks', async () => {
    const answers: string[] = []
    server = await sshServer((client) => {
      client.on('authentication', (context) => {
        if (context.method !== 'keyboard-interactive') {
          context.reject(['keyboard-interactive'])
          return
        }
        const ask = (): void => {
          context.prompt([{ prompt: ATTACK, echo: false }], ATTACK, (given) => {
            answers.push(...given)
            ask()
          })
        }
        ask()
      })
    })
    await bounded(() => pool.session(evilHost()))
    expect(answers.filter((answer) => answer !== '')).toEqual(['secret'])
  })
})

/** ssh2 has no call for this once a client is there. */
function banner(client: object, text: string): void {
  const { _protocol: protocol } = client as {
    readonly _protocol: { sendBanner?: never; _packetRW: Writer; _cipher: Cipher }
  }
  const payload = Buffer.concat([Buffer.of(53), wireString(text), wireString('')])
  const { write } = protocol._packetRW
  const whole = write.alloc(payload.length)
  whole.set(payload, write.allocStart)
  protocol._cipher.encrypt(write.finalize(whole))
}

interface Writer {
  readonly write: {
    readonly allocStart: number
    alloc(size: number): Buffer
    finalize(packet: Buffer): Buffer
  }
}

interface Cipher {
  encrypt(packet: Buffer): void
}

it('a server that hangs up at any point causes one of our errors', async () => {
  const { port } = (server = await sshServer((client) =>
    client.on('authentication', (context) => context.accept()),
  ))
  for (let bytes = 1; bytes <= 4_000; bytes = Math.ceil(bytes * 1.6)) {
    // In between, and cutting the server off after so many bytes.
    const cut = await rawServer((socket) => {
      const inner = connect(port, '127.0.0.1')
      let left = bytes
      inner.on('error', () => undefined)
      socket.on('data', (chunk) => inner.write(chunk))
      inner.on('data', (chunk: Buffer) => {
        socket.write(chunk.subarray(0, left))
        left -= chunk.length
        if (left <= 0) socket.destroy()
      })
      socket.on('close', () => inner.destroy())
    })
    const { hostKeyFingerprint = '' } = server.host().ssh
    const own = createSessionPool({ agentSocket: '', defaultIdentityFiles: [], handshakeTimeoutMs: 1_000 })
    const attempt = own
      .session(cut.host({ hostKeyFingerprint }))
      .then((session) => session.run(script('true'), { timeoutMs: 500 }))
    expect((await errorOf(attempt)).code).toMatch(/^SSH_/)
    await own.close()
    cut.stop()
  }
})
