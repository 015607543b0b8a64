/**
 * The algorithms that we offer, strongest first: no SHA-1, no CBC, MACs in encrypt-then-MAC mode only. Strict key
 * exchange, the answer to Terrapin (CVE-2023-48795), is ssh2's own since 1.15.
 */
import type { Algorithms } from 'ssh2'

/** The signature algorithms that prove the possession of a host key of each type, in order of preference. */
export const HOST_KEY_ALGORITHMS = [
  { keyType: 'ssh-ed25519', algorithms: ['ssh-ed25519'] },
  { keyType: 'ecdsa-sha2-nistp256', algorithms: ['ecdsa-sha2-nistp256'] },
  { keyType: 'ecdsa-sha2-nistp384', algorithms: ['ecdsa-sha2-nistp384'] },
  { keyType: 'ecdsa-sha2-nistp521', algorithms: ['ecdsa-sha2-nistp521'] },
  { keyType: 'ssh-rsa', algorithms: ['rsa-sha2-512', 'rsa-sha2-256'] },
] as const

/** A host key algorithm as it is negotiated. */
export type HostKeyAlgorithm = (typeof HOST_KEY_ALGORITHMS)[number]['algorithms'][number]

/**
 * Every host key algorithm, with those for the given key types first. A server has keys of several types and shows the
 * first type that the client asks for. Asking for a type other than the known one would therefore look like a changed
 * key.
 */
export function hostKeyAlgorithms(knownTypes: ReadonlySet<string>): HostKeyAlgorithm[] {
  const known = HOST_KEY_ALGORITHMS.filter(({ keyType }) => knownTypes.has(keyType))
  const others = HOST_KEY_ALGORITHMS.filter(({ keyType }) => !knownTypes.has(keyType))
  return [...known, ...others].flatMap(({ algorithms }) => [...algorithms])
}

/** What is offered to the server, with these host key algorithms. */
export function offeredAlgorithms(serverHostKey: readonly HostKeyAlgorithm[]): Algorithms {
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
      'diffie-hellman-group-exchange-sha256',
      'diffie-hellman-group14-sha256',
    ],
    serverHostKey: [...serverHostKey],
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
      'aes128-ctr',
      'aes192-ctr',
      'aes256-ctr',
    ],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
    compress: ['none'],
  }
}
