import { describe, expect, it } from 'vitest'
import { systemPackageManager } from '../../../src/configuration/package-managers/package-managers.js'
import { dnf } from '../../../src/configuration/package-managers/dnf.js'
import { findingsWith } from '../preflight/broken-hosts.js'

describe('the package manager of a system', () => {
  it.each([
    ['Debian', 'debian', '', 'apt'],
    ['Ubuntu', 'ubuntu', 'debian', 'apt'],
    ['Linux Mint', 'linuxmint', 'ubuntu debian', 'apt'],
    ['a system like several others', 'astra', 'debian,ubuntu', 'apt'],
    ['a derivative with a hyphen', 'ubuntu-core', '', 'apt'],
    ['Fedora', 'fedora', '', 'dnf'],
    ['Rocky Linux', 'rocky', 'rhel centos fedora', 'dnf'],
    ['Amazon Linux', 'amzn', 'fedora', 'dnf'],
    ['openSUSE', 'opensuse-leap', 'suse opensuse', undefined],
    ['an unknown system', '', '', undefined],
  ])('follows from os-release: %s', (_, osId, osLike, expected) => {
    expect(systemPackageManager({ osId, osLike })?.name).toBe(expected)
  })
})

describe('an apply on a host of the RPM family', () => {
  it('is refused with the reason, since nothing must be left half prepared', () => {
    const rocky = { osId: 'rocky', osLike: 'rhel centos fedora', osName: 'Rocky Linux 9.5' }
    const [found] = findingsWith({ w1: rocky })
    expect(found).toMatchObject({ severity: 'error', code: 'OPERATING_SYSTEM_UNSUPPORTED', host: 'w1' })
    expect(found?.message).toBe(`packages cannot be installed on Rocky Linux 9.5: ${dnf.untried ?? ''}`)
  })
})
