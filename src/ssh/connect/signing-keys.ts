/**
 * Keys and certificates whose signatures are made elsewhere: by ssh-agent, in a token, or by a private key for its
 * certificate. ssh2 can present any public key, but knows only plain ones, and writes one name for the key and for its
 * signature, which for certificates and FIDO keys are not the same. Here it gets keys of ours, and whole signatures.
 */
import ssh2, { type Client, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2'
import protocolUtils, { type Protocol } from 'ssh2/lib/protocol/utils.js'
import { RSA_FLAGS, agentSignature, type AgentIdentity } from './agent-protocol.js'
import { wireString } from './wire.js'

/** A key that can be presented to a server. */
export interface SigningKey {
  /** The public key or certificate, in wire format. */
  readonly blob: Buffer
  readonly type: string
  /** What people call it. */
  readonly name: string
  /**
   * @param hash of RSA keys.
   * @returns the signature in wire format, with the name of its algorithm.
   */
  sign(data: Buffer, hash: string): Promise<Buffer>
}

const PLAIN_TYPE = /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))$/
const FIDO_TYPE = /^sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com$/
const CERTIFICATE_SUFFIX = '-cert-v01@openssh.com'
const RSA_CERTIFICATE = `ssh-rsa${CERTIFICATE_SUFFIX}`
const STRONG_RSA_CERTIFICATE = `rsa-sha2-512${CERTIFICATE_SUFFIX}`

/** Whether servers can be shown keys of this type. DSA is not offered: it signs with SHA-1 only. */
export function isUsableType(type: string): boolean {
  if (PLAIN_TYPE.test(type) || FIDO_TYPE.test(type)) return true
  if (!type.endsWith(CERTIFICATE_SUFFIX)) return false
  const plain = type.slice(0, -CERTIFICATE_SUFFIX.length)
  return PLAIN_TYPE.test(plain) || FIDO_TYPE.test(`${plain}@openssh.com`)
}

/** The agent signs with a key that it holds; for a certificate that is the key or the certificate itself. */
export function agentKey(socket: string, held: AgentIdentity, presented = held): SigningKey {
  return {
    blob: presented.blob,
    type: presented.type,
    name: held.comment,
    sign: (data, hash) => {
      const flags = held.type.startsWith('ssh-rsa') ? RSA_FLAGS[hash] : undefined
      return agentSignature(socket, held.blob, data, flags ?? 0)
    },
  }
}

/** A private key that lies open signs for its certificate. */
export function certifiedKey(
  privateKey: ParsedKey,
  certificate: Pick<AgentIdentity, 'blob' | 'type'>,
  name: string,
): SigningKey {
  const sign = (data: Buffer, hash: string): Buffer => {
    const isRsa = privateKey.type === 'ssh-rsa'
    const made: unknown = isRsa ? privateKey.sign(data, hash) : privateKey.sign(data)
    if (made instanceof Error) throw made
    const algorithm = isRsa ? `rsa-sha2-${hash.replace('sha', '')}` : privateKey.type
    return Buffer.concat([
      wireString(algorithm),
      wireString(protocolUtils.convertSignature(made as Buffer, privateKey.type) as Buffer),
    ])
  }
  return { ...certificate, name, sign: (data, hash) => Promise.resolve().then(() => sign(data, hash)) }
}

// What ssh2 takes for a parsed key; ours have all of it but what they are.
const [TEMPLATE] = [
  ssh2.utils.parseKey(
    `ssh-ed25519 ${Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(32))]).toString('base64')}`,
  ),
].flat() as (ParsedKey | Error | undefined)[]

const SIGNERS = new WeakMap<object, SigningKey>()

function presentable(key: SigningKey): ParsedKey {
  const parsed = Object.create(TEMPLATE as ParsedKey, {
    // As the algorithm is called in the request.
    type: { value: key.type === RSA_CERTIFICATE ? STRONG_RSA_CERTIFICATE : key.type },
    comment: { value: key.name },
    getPublicSSH: { value: () => key.blob },
    isPrivateKey: { value: () => false },
  }) as ParsedKey
  SIGNERS.set(parsed, key)
  return parsed
}

/** An agent, as ssh2 knows them, that offers such keys one after the other. */
export class SigningKeys extends ssh2.BaseAgent<ParsedKey> {
  readonly #keys: readonly SigningKey[]
  readonly #onFailure: (key: SigningKey, error: Error) => void

  /** @param onFailure learns of a key that did not sign; the next is tried. */
  constructor(keys: readonly SigningKey[], onFailure: (key: SigningKey, error: Error) => void) {
    super()
    this.#keys = keys
    this.#onFailure = onFailure
  }

  override getIdentities(callback: (error: Error | null | undefined, keys?: ParsedKey[]) => void): void {
    callback(null, this.#keys.map(presentable))
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback: SignCallback = options as SignCallback,
  ): void {
    const signer = SIGNERS.get(key)
    if (signer === undefined) {
      callback(new Error('a key that is not ours'))
      return
    }
    const hash = typeof options === 'function' ? undefined : options.hash
    signer.sign(data, hash ?? 'sha512').then(
      (signature) => whileItStands(() => callback(null, signature)),
      (thrown: unknown) => {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown))
        this.#onFailure(signer, error)
        whileItStands(() => callback(error))
      },
    )
  }
}

// A finger may come after the server has hung up: then there is nothing left to write to, and nobody who listens.
function whileItStands(write: () => void): void {
  try {
    write()
  } catch {
    return
  }
}

/** Has a client that connects send the signatures of {@link SigningKeys} as they are. */
export function sendWholeSignatures(client: Client): void {
  const { _protocol: protocol } = client as Client & { readonly _protocol: Protocol }
  const original = protocol.authPK.bind(protocol)
  protocol.authPK = (username, key, algorithm, sign) => {
    if (sign === undefined || !SIGNERS.has(key)) original(username, key, algorithm, sign)
    else
      original(username, key, algorithm, (signed) =>
        sign(signed, (signature) => sendSigned(protocol, signed, signature)),
      )
  }
}

/** @param signed what was signed: the id of the session, and the request as far as the signature. */
function sendSigned(protocol: Protocol, signed: Buffer, signature: Buffer): void {
  const request = Buffer.concat([signed.subarray(4 + signed.readUInt32BE()), wireString(signature)])
  const { write } = protocol._packetRW
  const packet = write.alloc(request.length)
  packet.set(request, write.allocStart)
  // As ssh2 itself does: message 60 means by this what it answers.
  protocol._authsQueue.push('publickey')
  protocolUtils.sendPacket(protocol, write.finalize(packet))
}
