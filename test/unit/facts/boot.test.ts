import { describe, expect, it } from 'vitest'
import { parseBoot, rebootReasons } from '../../../src/facts/boot.js'

const boot = (running: string, installed: readonly string[], more: Readonly<Record<string, string[]>> = {}) =>
  parseBoot(
    new Map([['bootId', ['b-1']], ['installedKernel', [...installed]], ...Object.entries(more)]),
    running,
  )

describe('the boot of a host', () => {
  it('is unknown where a worker of an earlier release has asked', () => {
    expect(parseBoot(new Map(), '6.1.0-26-amd64')).toBeUndefined()
  })

  it.each([
    ['6.1.0-25-amd64', ['6.1.0-25-amd64', '6.1.0-26-amd64'], '6.1.0-26-amd64'],
    ['6.1.0-26-amd64', ['6.1.0-25-amd64', '6.1.0-26-amd64'], undefined],
    // Another kind of kernel, which nobody wants to boot.
    ['6.1.0-25-amd64', ['6.1.0-25-amd64', '6.1.0-26-cloud-amd64'], undefined],
    [
      '5.14.0-427.13.1.el9_4.x86_64',
      ['5.14.0-427.13.1.el9_4.x86_64', '5.14.0-503.11.1.el9_5.x86_64'],
      '5.14.0-503.11.1.el9_5.x86_64',
    ],
    // In a container, or with a kernel that no package has.
    ['6.12.0-custom', ['6.1.0-26-amd64'], undefined],
  ])('with kernel %s, of %j installed: %s', (running, installed, newer) => {
    expect(boot(running, installed)?.newerKernel).toBe(newer)
  })

  it('is to end where the system asks for a reboot, with the packages that it names', () => {
    const asked = boot('6.1', [], { rebootRequired: ['a b c d e f'] })
    expect(asked && rebootReasons(asked, '6.1')).toEqual([
      'its system asks for it, for a, b, c, d, and 2 more',
    ])
    const bare = boot('6.1', [], { rebootRequired: [''] })
    expect(bare && rebootReasons(bare, '6.1')).toEqual(['its system asks for it'])
    const none = boot('6.1', [])
    expect(none && rebootReasons(none, '6.1')).toEqual([])
  })
})
