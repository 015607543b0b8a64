import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WantedPackage } from '../../../../src/configuration/packages.js'
import { installPackages } from '../../../../src/hosts/packages/install.js'
import { installKubernetes } from '../../../../src/hosts/packages/kubernetes.js'
import type { HostContext } from '../../../../src/hosts/context.js'
import { fakeDnf } from './fake-dnf.js'
import { localContext } from '../../../support/local-context.js'
import type { FakePrograms } from '../../../support/fake-programs.js'
import { defined } from '../../../../src/values/defined.js'

vi.mock('../../../../src/hosts/durable.js', () => import('../../../support/local-context.js'))

const AVAILABLE = [
  'ca-certificates 2024.2.69-91.4.el9',
  'containerd 1.7.23-1.fc41',
  'cri-tools 1.36.0-150500.1.1',
  'iptables 1.8.10-4.el9',
  'kubernetes-cni 1.8.0-150500.1.1',
  'procps-ng 3.3.17-14.el9',
  'util-linux 2.37.4-18.el9',
  ...['kubeadm', 'kubelet', 'kubectl'].flatMap((name) => [
    `${name} 1.36.2-150500.1.1`,
    `${name} 1.36.3-150500.1.1`,
  ]),
]

let folder: string
let dnf: FakePrograms
let context: HostContext
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-dnf-'))
  dnf = fakeDnf(folder, AVAILABLE)
  const local = localContext(dnf)
  context = { ...local, host: { ...local.host, packageManager: 'dnf' } }
  mkdirSync(join(folder, 'cni/bin'), { recursive: true })
  for (const name of ['loopback', 'bridge', 'host-local', 'portmap']) {
    writeFileSync(join(folder, 'cni/bin', name), '')
  }
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const install = (packages: readonly WantedPackage[], repository?: string) =>
  installPackages(context, {
    unit: 'install',
    packages,
    ...defined({ repository }),
  })
const installations = () =>
  dnf
    .calls()
    .filter((call) => call.startsWith('dnf') && call.includes(' install '))
    .map((call) => call.replace(/.* install /, '').split(' '))
/** What dnf says when it fails, and its exit status. */
const says = (text: string, status: number) => `cat <<'END'\n${text}\nEND\nexit ${status}\n`

describe('the packages of a node of the RPM family', () => {
  it('are of the one version, by the names that the family gives them, and installed once', async () => {
    expect((await installKubernetes(context)).changed).toBe(true)
    const last = installations().at(-1) ?? []
    expect(last).toEqual(
      expect.arrayContaining(['kubeadm-1.36.3-*', 'kubelet-1.36.3-*', 'kubernetes-cni', 'procps-ng']),
    )
    expect(readFileSync(join(folder, 'installed/kubelet'), 'utf8')).toBe('1.36.3-150500.1.1\n')
    expect((await installKubernetes(context)).changed).toBe(false)
  })

  it('come from a repository whose metadata and packages are checked with its own key', async () => {
    await installKubernetes(context)
    const file = readFileSync(join(folder, 'yum.repos.d/quorate-kubernetes.repo'), 'utf8')
    expect(file).toMatch(/^baseurl=https:\/\/pkgs\.k8s\.io\/core:\/stable:\/v1\.36\/rpm\/$/m)
    expect(file).toMatch(/^gpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file:\/\/\/etc\/pki\/rpm-gpg\//m)
    expect(readFileSync(join(folder, 'rpm-gpg/quorate-kubernetes.asc'), 'utf8')).toBe(
      'key of https://pkgs.k8s.io/core:/stable:/v1.36/rpm/repodata/repomd.xml.key\n',
    )
  })

  it('are left out of what the system upgrades, and not of what is installed here', async () => {
    await installKubernetes(context)
    const file = readFileSync(join(folder, 'yum.repos.d/quorate-kubernetes.repo'), 'utf8')
    expect(file).toMatch(/^exclude=kubeadm kubelet kubectl /m)
    const calls = dnf.calls().filter((call) => call.startsWith('dnf'))
    expect(calls.every((call) => call.includes('--setopt=disable_excludes=quorate-kubernetes'))).toBe(true)
  })

  it('are an alternative where no repository has the first', async () => {
    dnf.put('available', 'containerd.io 1.7.27-3.1.el9\n')
    expect(await install([{ name: 'containerd', alternatives: ['containerd.io'] }])).toBe(true)
    expect(installations()).toEqual([['containerd.io']])
  })

  it('that no repository has are named', async () => {
    await expect(install([{ name: 'kubeadm', version: '1.40.0-*' }])).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
      message: 'no package repository of the host has kubeadm-1.40.0-*',
    })
  })
})

describe('what dnf says', () => {
  const wanted = [{ name: 'kubelet' }]

  it.each([
    [
      'dnf 4',
      'Error: \n Problem: conflicting requests\n  - nothing provides conntrack needed by kubelet-1.36.3-150500.1.1.x86_64',
    ],
    [
      'dnf 5',
      'Failed to resolve the transaction:\nProblem: conflicting requests\n  - nothing provides conntrack needed by kubelet-1.36.3-150500.1.1.x86_64 from quorate-kubernetes',
    ],
  ])('of a dependency that no repository has is reported (%s)', async (_, text) => {
    dnf.put('install', says(text, 1))
    await expect(install(wanted)).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
      message: expect.stringContaining('needs conntrack, which no package repository') as string,
    })
  })

  it.each([
    [
      'dnf 4',
      'Public key for kubelet-1.36.3-150500.1.1.x86_64.rpm is not installed\nError: GPG check FAILED',
    ],
    [
      'dnf 5',
      'OpenPGP check for package "kubelet-1.36.3" (kubelet.rpm) from repo "quorate-kubernetes" has failed: Import of the key did not help, wrong key?',
    ],
  ])("of a package's signature makes the key invalid (%s)", async (_, text) => {
    dnf.put('install', says(text, 1))
    await expect(install(wanted)).rejects.toMatchObject({ code: 'REPOSITORY_KEY_INVALID' })
  })

  it("of the repository's signature makes the key invalid", async () => {
    dnf.put('makecache', says('>>> repomd.xml GPG signature verification error: Signing key not found', 1))
    await expect(install(wanted, 'core:/stable:/v1.36/rpm')).rejects.toMatchObject({
      code: 'REPOSITORY_KEY_INVALID',
      message: expect.stringContaining('Signing key not found') as string,
    })
  })

  it.each([
    [
      'dnf 4',
      "RPM: error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)",
    ],
    ['dnf 5', 'Failed to obtain rpm transaction lock. Another transaction is in progress.'],
  ])("of somebody else's transaction is waited for (%s)", async (_, text) => {
    dnf.put('install', `if [ ! -e "$here/waited" ]; then touch "$here/waited"; echo "${text}"; exit 1; fi\n`)
    expect(await install(wanted)).toBe(true)
    expect(installations()).toHaveLength(2)
  })

  it('otherwise may pass', async () => {
    dnf.put('install', says('Curl error (6): Could not resolve hostname', 1))
    await expect(install(wanted)).rejects.toMatchObject({ code: 'PACKAGES_FAILED', remedy: 'retry' })
  })
})
