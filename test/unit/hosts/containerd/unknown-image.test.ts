import { describe, expect, it } from 'vitest'
import { QuorateError } from '../../../../src/errors/index.js'
import { isUnknownImage } from '../../../../src/hosts/containerd/images.js'

const failed = (output: string) => new QuorateError('IMAGES_FAILED', 'images cannot be pulled', { output })

describe('an image that cannot be pulled', () => {
  it.each([
    // crictl of 1.36 over containerd 1.7
    'level=fatal msg="pulling image: rpc error: code = NotFound desc = failed to pull and unpack image"',
    // ctr 1.6
    'ctr: failed to resolve reference "registry.k8s.io/etcd:3.6.99-0": registry.k8s.io/etcd:3.6.99-0: not found',
    'unexpected status: manifest unknown: manifest tagged by "3.6.99-0" is not found',
  ])('is unknown to the registry: %s', (output) => {
    expect(isUnknownImage(failed(output))).toBe(true)
  })

  it.each([
    'failed to do request: Head "https://registry.k8s.io/v2/etcd": dial tcp: connect: connection refused',
    'dial tcp: lookup registry.k8s.io: no such host',
    'context deadline exceeded',
    '',
  ])('may come later, and is tried again: %j', (output) => {
    expect(isUnknownImage(failed(output))).toBe(false)
  })

  it('is not what another error is about', () => {
    expect(isUnknownImage(new QuorateError('DISK_FULL', 'full', { output: 'x: not found' }))).toBe(false)
  })
})
