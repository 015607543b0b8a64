import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { installPackages } from '../../../../src/hosts/packages/install.js'
import { nodePackages, type WantedPackage } from '../../../../src/configuration/packages.js'
import { fakeApt } from './fake-apt.js'
import { localContext } from '../../../support/local-context.js'
import type { FakePrograms } from '../../../support/fake-programs.js'
import { defined } from '../../../../src/values/defined.js'

vi.mock('../../../../src/hosts/durable.js', () => import('../../../support/local-context.js'))

const DEBIAN = [
  'containerd 1.6.20',
  'containernetworking-plugins 1.1.1',
  'conntrack 1.4.7',
  'iptables 1.8.9',
  'iproute2 6.1.0',
  'mount 2.38',
  'procps 4.0.2',
]
const KUBERNETES = ['kubeadm', 'kubelet', 'kubectl'].map((name) => `${name} 1.36.3-1.1`)
const TOOLS = ['cri-tools 1.36.0-1.1', 'kubernetes-cni 1.8.0-1.1']

let folder: string
let apt: FakePrograms
let step: ReturnType<typeof localContext>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-apt-'))
  apt = fakeApt(folder, [...DEBIAN, ...KUBERNETES, ...TOOLS])
  step = localContext(apt)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function install(packages: readonly WantedPackage[], repository?: string): Promise<boolean> {
  return installPackages(step, {
    unit: 'install',
    packages,
    ...defined({ repository }),
  })
}

const installed = () =>
  apt
    .calls()
    .filter((call) => call.startsWith('apt-get') && call.includes(' install '))
    .map((call) => call.replace(/.* install /, '').split(' '))

describe('the packages of a node', () => {
  it('are installed without needrestart restarting services of the host', async () => {
    apt.put(
      'install',
      'if [ "${NEEDRESTART_SUSPEND:-}" != 1 ]; then echo "needrestart restarts" >>"$here/calls"; fi',
    )
    await install(nodePackages('v1.36.3'))
    expect(apt.calls()).not.toContain('needrestart restarts')
  })

  it('are requested by name, whatever the public packages depend on', async () => {
    expect(await install(nodePackages('v1.36.3'))).toBe(true)
    expect(installed()).toEqual([
      [
        ...['containerd', 'kubeadm=1.36.3-*', 'kubelet=1.36.3-*', 'kubectl=1.36.3-*'],
        ...['kubernetes-cni', 'mount', 'procps', 'cri-tools', 'iptables'],
      ],
    ])
    expect(await install(nodePackages('v1.36.3'))).toBe(false)
  })

  it("are Debian's CNI plugins and no crictl if the repository has none of its own", async () => {
    apt.put('available', [...DEBIAN, ...KUBERNETES].join('\n'))
    expect(await install(nodePackages('v1.36.3'))).toBe(true)
    expect(installed()[0]).toContain('containernetworking-plugins')
    expect(installed()[0]).not.toContain('cri-tools')
    // What is optional is no reason to look for it again.
    expect(await install(nodePackages('v1.36.3'))).toBe(false)
    expect(installed()).toHaveLength(1)
  })

  it('that no repository has are all named, and nothing is installed', async () => {
    apt.put('available', [...DEBIAN, 'kubeadm 1.36.2-1.1', 'kubelet 1.36.3-1.1'].join('\n'))
    await expect(install(nodePackages('v1.36.3'))).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
      message: 'no package repository of the host has kubeadm 1.36.3-*, kubectl 1.36.3-*',
      remedy: 'operator',
    })
    expect(installed()).toEqual([])
  })

  it('that another package needs and no repository has are named together with a way out', async () => {
    apt.put(
      'install',
      "echo 'The following packages have unmet dependencies:'; echo ' kubeadm : Depends: cri-tools (>= 1.30.0) but it is not installable'; exit 100",
    )
    await expect(install(nodePackages('v1.36.3'))).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
      message: 'kubeadm needs cri-tools (>= 1.30.0), which no package repository of the host has',
      context: { hint: expect.stringContaining('add a repository that has cri-tools') as string },
    })
  })

  it('do not count as missing if the package lists could not be fetched, which may pass', async () => {
    apt.put('available', DEBIAN.join('\n'))
    apt.put('update', "echo 'W: Failed to fetch http://mirror.lab/InRelease  Could not connect' >&2")
    await expect(install(nodePackages('v1.36.3'))).rejects.toMatchObject({
      code: 'PACKAGES_FAILED',
      remedy: 'retry',
    })
  })
})

/** apt's words as long as there is a file, which is there the first two times. */
const LOCKED = (what: string) =>
  `echo locked >>"$here/attempts"; if [ "$(wc -l <"$here/attempts")" -lt 3 ]; then
    echo 'E: Could not get lock ${what}. It is held by process 4711 (apt-get)' >&2; exit 100; fi`

describe("apt's own locks", () => {
  it.each([
    ['of its lists', 'update', '/var/lib/apt/lists/lock'],
    ['of its archives', 'install', '/var/cache/apt/archives/lock'],
  ])('%s are waited for, and the progress says so', async (_, command, lock) => {
    apt.put(command, LOCKED(lock))
    expect(await install([{ name: 'iptables' }])).toBe(true)
    expect(step.reported.some((line) => line.includes(`waiting: E: Could not get lock ${lock}`))).toBe(true)
  })
})

describe("a repository's signature", () => {
  const REFUSED = `echo "W: GPG error: https://cdn.example.com/isv:/kubernetes:/core:/stable:/v1.36/deb  InRelease: The following signatures were invalid: EXPKEYSIG 234654DA9A296436 isv:kubernetes OBS Project"`

  it("that apt does not accept is reported in apt's words, even if apt falls back to older lists", async () => {
    apt.put('update', REFUSED)
    await expect(install([{ name: 'iptables' }], 'core:/stable:/v1.36/deb')).rejects.toMatchObject({
      code: 'REPOSITORY_KEY_INVALID',
      message: expect.stringContaining('EXPKEYSIG 234654DA9A296436') as string,
    })
    expect(installed()).toEqual([])
  })

  it('does not matter if it is that of another repository', async () => {
    apt.put('update', REFUSED)
    expect(await install([{ name: 'iptables' }], 'core:/stable:/v1.37/deb')).toBe(true)
  })
})
