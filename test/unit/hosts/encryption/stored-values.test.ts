import { describe, expect, it } from 'vitest'
import { valuesPrefix, writerOf } from '../../../../src/hosts/encryption/stored-values.js'

describe('a value in etcd', () => {
  it.each([
    ['k8s:enc:secretbox:v1:secretbox-1:\u0001\u0002', 'secretbox-1'],
    ['k8s:enc:aescbc:v1:aescbc-12:x', 'aescbc-12'],
    ['k8s:enc:aescbc:v1:key1:x', 'aescbc:key1'],
    ['k8s:enc:secretbox:v1:aescbc-1:x', 'secretbox:aescbc-1'],
    ['k8s\u0000\n\f\n\u0002v1\u0012\u0006Secret', 'identity'],
    ['{"apiVersion":"example.com/v1"', 'identity'],
  ])('says who has written it: %j', (beginning, writer) => {
    expect(writerOf(Buffer.from(beginning, 'latin1'))).toBe(writer)
  })

  it('is where the API server of its resource puts it', () => {
    expect(valuesPrefix('/registry/', 'secrets')).toBe('/registry/secrets/')
    expect(valuesPrefix('/mine/', 'certificates.example.com')).toBe('/mine/example.com/certificates/')
  })
})
