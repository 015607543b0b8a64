/** What is offered to servers: nothing that is broken, and the keys first that are known. */
import { expect, it } from 'vitest'
import { hostKeyAlgorithms, offeredAlgorithms } from '../../../../src/ssh/connect/algorithms.js'

it('offers nothing that uses SHA-1, CBC, RC4, 3DES, MD5 or a small group', () => {
  const offered = offeredAlgorithms(hostKeyAlgorithms(new Set()))
  for (const name of Object.values(offered).flat().map(String)) {
    expect(name).not.toMatch(/sha1(?!\d)|^ssh-rsa$|ssh-dss|cbc|arcfour|3des|md5|ripemd|group1-|-96/)
  }
})

it('offers only encrypt-then-MAC algorithms', () => {
  expect(offeredAlgorithms([]).hmac).toEqual([
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
  ])
})

it('prefers the types of known host keys', () => {
  expect(hostKeyAlgorithms(new Set(['ssh-rsa', 'ecdsa-sha2-nistp256']))).toEqual([
    'ecdsa-sha2-nistp256',
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-ed25519',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
  ])
})
