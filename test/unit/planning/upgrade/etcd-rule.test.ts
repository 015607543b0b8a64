import { describe, expect, it } from 'vitest'
import {
  etcdJump,
  etcdMinorOf,
  hasReached,
  parseEtcdVersion,
} from '../../../../src/planning/upgrade/etcd-rule.js'

const running = (...versions: readonly string[]) =>
  versions.map((version, index) => ({ name: `cp${index + 1}`, version }))

describe("etcd's own rule", () => {
  it.each([
    ['3.6.8 to 3.7', '3.6.8', 7, '3.6.11-0'],
    ['3.6.11 to 3.7', '3.6.11', 7, undefined],
    ['3.7.0 to 3.7', '3.7.0', 7, undefined],
    ['3.5.21 to 3.6', '3.5.21', 6, '3.5.26-0'],
    ['3.5.26 to 3.6', '3.5.26', 6, undefined],
    ['3.6.8 to 3.6', '3.6.8', 6, undefined],
  ])('wants from %s: a step through %s', (_, version, to, tag) => {
    expect(etcdJump(running(version), to)?.steppingTag).toBe(tag)
  })

  it('names only the members that are too old, and why', () => {
    const jump = etcdJump(running('3.6.11', '3.6.8'), 7)
    expect(jump?.members.map(({ name }) => name)).toEqual(['cp2'])
    expect(jump?.reason).toBe('etcd supports an upgrade to 3.7 from 3.6.11 on, and older are cp2 (3.6.8)')
  })

  it('knows which etcd a minor of Kubernetes brings', () => {
    expect([33, 34, 36, 37].map(etcdMinorOf)).toEqual([5, 6, 6, 7])
  })

  it.each([
    ['3.6.8-0', { minor: 6, patch: 8 }],
    ['v3.7.0', { minor: 7, patch: 0 }],
    ['2.3.8', undefined],
    ['', undefined],
  ])('reads %s', (text, version) => {
    expect(parseEtcdVersion(text)).toEqual(version)
  })

  it('compares a running version with the tag of an image', () => {
    expect(hasReached('3.6.11', '3.6.11-0')).toBe(true)
    expect(hasReached('3.7.0', '3.6.11-0')).toBe(true)
    expect(hasReached('3.6.8', '3.6.11-0')).toBe(false)
    expect(hasReached('unknown', '3.6.11-0')).toBe(false)
  })
})
