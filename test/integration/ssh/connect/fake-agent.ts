/** A fake ssh-agent: it holds what real agents here cannot, such as FIDO token keys, and misbehaves on request. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wireString } from '../../../../src/ssh/connect/wire.js'

export interface FakeKey {
  readonly blob: Buffer
  readonly comment: string
  /** Undefined: nobody touches the token. */
  readonly sign: ((data: Buffer) => Buffer) | undefined
}

export interface FakeAgent {
  readonly socket: string
  stop(): Promise<void>
}

/** @param answer bytes to answer every request with, instead of following the protocol. */
export async function startFakeAgent(keys: readonly FakeKey[], answer?: Buffer): Promise<FakeAgent> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-fake-agent-'))
  const socket = join(folder, 'socket')
  const server = createServer((connection) => {
    let request = Buffer.alloc(0)
    connection.on('error', () => undefined)
    connection.on('data', (chunk: Buffer) => {
      request = Buffer.concat([request, chunk])
      if (request.length < 4 || request.length < 4 + request.readUInt32BE()) return
      connection.write(answer ?? wireString(answerTo(request.subarray(4), keys)))
      request = Buffer.alloc(0)
    })
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    socket,
    stop: async () => {
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function answerTo(request: Buffer, keys: readonly FakeKey[]): Buffer {
  if (request[0] === 11) {
    const held = keys.flatMap(({ blob, comment }) => [wireString(blob), wireString(comment)])
    return Buffer.concat([Buffer.of(12), uint32(keys.length), ...held])
  }
  const length = request.readUInt32BE(1)
  const blob = request.subarray(5, 5 + length)
  const data = request.subarray(9 + length, 9 + length + request.readUInt32BE(5 + length))
  const key = keys.find((each) => each.blob.equals(blob))
  if (key?.sign === undefined) return Buffer.of(5)
  return Buffer.concat([Buffer.of(14), wireString(key.sign(data))])
}

const APPLICATION = 'ssh:'
const TOUCHED = 1

/** A FIDO token key in software, which a server cannot tell from a real one. */
export function securityKey(kind: 'ed25519' | 'ecdsa', comment = 'token'): FakeKey {
  return kind === 'ed25519' ? ed25519Token(comment) : ecdsaToken(comment)
}

function ed25519Token(comment: string): FakeKey {
  const type = 'sk-ssh-ed25519@openssh.com'
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    blob: Buffer.concat([wireString(type), wireString(point), wireString(APPLICATION)]),
    comment,
    sign: (data) => signature(type, data, (message) => sign(null, message, privateKey)),
  }
}

function ecdsaToken(comment: string): FakeKey {
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com'
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-65)
  return {
    blob: Buffer.concat([
      wireString(type),
      wireString('nistp256'),
      wireString(point),
      wireString(APPLICATION),
    ]),
    comment,
    sign: (data) => signature(type, data, (message) => ecdsaSignature(message, privateKey)),
  }
}

/** See PROTOCOL.u2f of OpenSSH: the token signs the application, whether it was touched, and a counter. */
function signature(type: string, data: Buffer, make: (message: Buffer) => Buffer): Buffer {
  const state = Buffer.concat([Buffer.of(TOUCHED), uint32(7)])
  const message = Buffer.concat([sha256(Buffer.from(APPLICATION)), state, sha256(data)])
  return Buffer.concat([wireString(type), wireString(make(message)), state])
}

function ecdsaSignature(message: Buffer, key: KeyObject): Buffer {
  const raw = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })
  return Buffer.concat([mpint(raw.subarray(0, 32)), mpint(raw.subarray(32))])
}

function mpint(value: Buffer): Buffer {
  const first = value.findIndex((byte) => byte !== 0)
  const trimmed = value.subarray(first)
  return wireString((trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed)
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** The line of authorized_keys for such a key. */
export function authorizedLine({ blob, comment }: FakeKey): string {
  const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE())
  return `${type} ${blob.toString('base64')} ${comment}\n`
}
