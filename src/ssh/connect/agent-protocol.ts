/**
 * The ssh-agent messages that Quorate needs (draft-ietf-sshm-ssh-agent): listing the agent's keys, and signing with
 * one. Implemented here because ssh2 skips every key of a type that it cannot verify itself, even though the agent
 * could sign with it.
 */
import { connect } from 'node:net'
import { plainLine } from '../../values/plain-text.js'
import { WireError, WireReader, wireString } from './wire.js'

const FAILURE = 5
const REQUEST_IDENTITIES = 11
const IDENTITIES_ANSWER = 12
const SIGN_REQUEST = 13
const SIGN_RESPONSE = 14

/**
 * OpenSSH's own limits for an agent: the size of an answer in bytes (MAX_AGENT_REPLY_LEN) and the number of keys
 * (MAX_AGENT_IDENTITIES).
 */
const MAX_ANSWER = 256 * 1024
const MAX_KEYS = 2048

/** Which digest an RSA key signs with. */
export const RSA_FLAGS: Readonly<Record<string, number>> = { sha256: 2, sha512: 4 }

const LIST_TIMEOUT_MS = 5_000
/** A hardware token may wait for a person to touch it. */
const SIGN_TIMEOUT_MS = 60_000

/** A key or certificate that an agent holds. */
export interface AgentIdentity {
  /** In wire format. */
  readonly blob: Buffer
  /** Such as `ssh-ed25519` or `sk-ssh-ed25519-cert-v01@openssh.com`. */
  readonly type: string
  /** For people. */
  readonly comment: string
}

/** The keys of an agent. Rejects if the agent does not answer, or if its answer cannot be read. */
export async function agentIdentities(socket: string): Promise<readonly AgentIdentity[]> {
  return parseIdentities(await ask(socket, Buffer.of(REQUEST_IDENTITIES), LIST_TIMEOUT_MS))
}

/**
 * Asks an agent to sign data.
 * @returns the signature with the name of its algorithm, in wire format.
 */
export async function agentSignature(
  socket: string,
  key: Buffer,
  data: Buffer,
  flags: number,
): Promise<Buffer> {
  const number = Buffer.alloc(4)
  number.writeUInt32BE(flags)
  const request = [Buffer.of(SIGN_REQUEST), wireString(key), wireString(data), number]
  return parseSignature(await ask(socket, Buffer.concat(request), SIGN_TIMEOUT_MS))
}

/** @throws WireError */
export function parseIdentities(answer: Buffer): readonly AgentIdentity[] {
  const reader = answered(answer, IDENTITIES_ANSWER)
  const count = reader.uint32()
  if (count > MAX_KEYS) throw new WireError(`it claims to hold ${count} keys`)
  return Array.from({ length: count }, () => {
    const blob = reader.string()
    const type = new WireReader(blob).string().toString('latin1')
    return { blob, type, comment: plainLine(reader.string().toString(), { limit: 100 }) }
  })
}

/** @throws WireError */
export function parseSignature(answer: Buffer): Buffer {
  const signature = answered(answer, SIGN_RESPONSE).string()
  const parts = new WireReader(signature)
  if (parts.string().length === 0 || parts.string().length === 0)
    throw new WireError('the signature is empty')
  return signature
}

function answered(answer: Buffer, kind: number): WireReader {
  const reader = new WireReader(answer)
  const got = reader.byte()
  if (got === FAILURE) throw new WireError('it refuses')
  if (got !== kind) throw new WireError(`it answers with message ${got}`)
  return reader
}

function ask(path: string, request: Buffer, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    let answer = Buffer.alloc(0)
    const end = (action: () => void) => {
      clearTimeout(timer)
      socket.destroy()
      action()
    }
    const fail = (error: Error) => end(() => reject(error))
    const timer = setTimeout(() => fail(new Error(`nothing came within ${timeoutMs / 1000} s`)), timeoutMs)
    socket.on('error', fail)
    socket.on('end', () => fail(new Error('it hung up')))
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length < 4) return
      const length = answer.readUInt32BE()
      if (length > MAX_ANSWER) fail(new WireError('its answer is too large'))
      else if (answer.length >= 4 + length) end(() => resolve(answer.subarray(4, 4 + length)))
    })
    socket.write(wireString(request))
  })
}
