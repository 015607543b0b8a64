import { describe, expect, it } from 'vitest'
import { signatureOf } from '../../../../src/activities/notify/signature.js'

describe('a signature', () => {
  it('is the time, and the HMAC of time and body', () => {
    // printf '1764291600.{"version":1}' | openssl dgst -sha256 -hmac whsec_test
    expect(signatureOf('{"version":1}', 'whsec_test', 1_764_291_600_999)).toBe(
      't=1764291600,v1=b18b234fa77b99b7fde1ee8fcafcc03bcceb1989e54b9d1d8560791ca6b8dcdd',
    )
  })

  it('is another one at another time', () => {
    const at = (seconds: number) => signatureOf('{}', 'key', seconds * 1_000).split(',')[1]
    expect(at(1)).not.toBe(at(2))
  })
})
