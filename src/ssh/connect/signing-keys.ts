/**
 * Keys and certificates whose signatures are made elsewhere: by ssh-agent, in a token, or by a private key for its
 * certificate. ssh2 can present any public key, but it only knows plain ones. It also writes the same name for a key
 * and for its signature, which is wrong for certificates and FIDO keys. So we give it our own key objects, and complete
 * signatures.
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
   * @param hash the digest, for RSA keys only.
   * @returns the signature in wire format, with the name of its algorithm.
   */
  sign(data: Buffer, hash: string): Promise<Buffer>
}

const PLAIN_TYPE = /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))$/
const FIDO_TYPE = /^sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com$/
const CERTIFICATE_SUFFIX = '-cert-v01@openssh.com'
const RSA_CERTIFICATE = `ssh-rsa${CERTIFICATE_SUFFIX}`
const STRONG_RSA_CERTIFICATE = `rsa-sha2-512${CERTIFICATE_SUFFIX}`

/** Whether keys of this type can be offered to servers. DSA is not offered: it signs with SHA-1 only. */
export function isUsableType(type: string): boolean {
  if (PLAIN_TYPE.test(type) || FIDO_TYPE.test(type)) return true
  if (!type.endsWith(CERTIFICATE_SUFFIX)) return false
  const plain = type.slice(0, -CERTIFICATE_SUFFIX.length)
  return PLAIN_TYPE.test(plain) || FIDO_TYPE.test(`${plain}@openssh.com`)
}

/** A key with which the agent signs. For a certificate, the agent holds its key or the certificate itself. */
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

/** A certificate for which an unencrypted private key signs. */
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

// What ssh2 regards as a parsed key. Our keys inherit everything from it except their identity.
const [TEMPLATE] = [
  ssh2.utils.parseKey(
    `ssh-ed25519 ${Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.alloc(32))]).toString('base64')}`,
  ),
].flat() as (ParsedKey | Error | undefined)[]

const SIGNERS = new WeakMap<object, SigningKey>()

function presentable(key: SigningKey): ParsedKey {
  const parsed = Object.create(TEMPLATE as ParsedKey, {
    // The name of the algorithm in the request.
    type: { value: key.type === RSA_CERTIFICATE ? STRONG_RSA_CERTIFICATE : key.type },
    comment: { value: key.name },
    getPublicSSH: { value: () => key.blob },
    isPrivateKey: { value: () => false },
  }) as ParsedKey
  SIGNERS.set(parsed, key)
  return parsed
}

/** An agent in the sense of ssh2, which offers such keys one after another. */
export class SigningKeys extends ssh2.BaseAgent<ParsedKey> {
  readonly #keys: readonly SigningKey[]
  readonly #onFailure: (key: SigningKey, error: Error) => void

  /** @param onFailure is called with a key that could not sign; the next one is tried. */
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

// A person may touch the token after the server has hung up. Then there is nothing to write to, and nobody to tell.
function whileItStands(write: () => void): void {
  try {
    write()
  } catch {
    return
  }
}

/** Makes a connecting client send the signatures of {@link SigningKeys} unchanged. */
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

/** @param signed what was signed: the session id, and the request up to the signature. */
function sendSigned(protocol: Protocol, signed: Buffer, signature: Buffer): void {
  const request = Buffer.concat([signed.subarray(4 + signed.readUInt32BE()), wireString(signature)])
  const { write } = protocol._packetRW
  const packet = write.alloc(request.length)
  packet.set(request, write.allocStart)
  // As ssh2 itself does: this queue tells it which method message 60 answers.
  protocol._authsQueue.push('publickey')
  protocolUtils.sendPacket(protocol, write.finalize(packet))
}
