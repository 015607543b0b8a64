import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findUpdates, updatePackages } from '../../../../src/hosts/packages/update.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { FakePrograms } from '../../../support/fake-programs.js'
import { localContext } from '../../../support/local-context.js'

vi.mock('../../../../src/hosts/durable.js', () => import('../../../support/local-context.js'))

/** What apt 2.6 of Debian 12 and apt 2.7 of Ubuntu 24.04 say, cut down. */
const SIMULATED = `NOTE: This is only a simulation!
Reading package lists...
The following packages have been kept back:
  kubelet postfix
The following upgrades have been deferred due to phasing:
  snapd
The following NEW packages will be installed:
  linux-image-6.1.0-30-amd64
The following packages will be upgraded:
  libc6 tzdata
3 upgraded, 1 newly installed, 0 to remove and 3 not upgraded.
Inst libc6 [2.36-9+deb12u9] (2.36-9+deb12u10 Debian:12.11/stable, Debian-Security:12/stable-security [amd64]) []
Inst tzdata [2024a-0+deb12u1] (2025b-0+deb12u1 Debian:12.11/stable [all])
Inst openssl [3.0.13-0ubuntu3] (3.0.13-0ubuntu3.5 Ubuntu:24.04/noble-updates, Ubuntu:24.04/noble-security [amd64])
Inst linux-image-6.1.0-30-amd64 (6.1.124-1 Debian:12.11/stable [amd64])
Inst kubeadm [1.36.3-1.1] (1.36.4-1.1 pkgs.k8s.io [amd64])
Conf libc6 (2.36-9+deb12u10 Debian:12.11/stable [amd64])
`

let folder: string
let programs: FakePrograms
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-update-'))
  programs = new FakePrograms(folder)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('updates of apt', () => {
  beforeEach(() => {
    programs.put('simulated', SIMULATED)
    programs.add('dpkg', 'if [ "$1" = --audit ] && [ -e "$here/cut-off" ]; then echo "half installed"; fi')
    programs.add(
      'dpkg-query',
      'for name in "$@"; do :; done; [ "$name" = kubelet ] && echo "installed kubelet 1"',
    )
    programs.add('apt-mark', 'exit 0')
    programs.add(
      'apt-get',
      `case " $* " in
*' update '*) if [ -e "$here/update" ]; then . "$here/update"; fi ;;
*' -s '*) cat "$here/simulated" ;;
*' upgrade '*) if [ -e "$here/upgrade" ]; then . "$here/upgrade"; fi; : >"$here/simulated" ;;
esac`,
    )
  })
  const step = () => localContext(programs)

  it('are found without changing anything, with those for security and those that stay', async () => {
    expect(await findUpdates(step())).toEqual({
      packages: [
        { name: 'libc6', from: '2.36-9+deb12u9', to: '2.36-9+deb12u10', isSecurity: true },
        { name: 'tzdata', from: '2024a-0+deb12u1', to: '2025b-0+deb12u1', isSecurity: false },
        { name: 'openssl', from: '3.0.13-0ubuntu3', to: '3.0.13-0ubuntu3.5', isSecurity: true },
        { name: 'linux-image-6.1.0-30-amd64', to: '6.1.124-1', isSecurity: false },
      ],
      kept: ['kubeadm', 'kubelet', 'postfix', 'snapd'],
      isInterrupted: false,
      ownFiles: [],
    })
    const changing = programs.calls().filter((call) => /configure|apt-mark|-y/.test(call))
    expect(changing).toEqual([])
  })

  it('say that lists may be old, and that an installation was cut off', async () => {
    programs.put('cut-off', '')
    programs.put('update', 'echo "W: Failed to fetch http://mirror.lab/ Connection failed"')
    expect(await findUpdates(step())).toMatchObject({
      isInterrupted: true,
      stale: 'W: Failed to fetch http://mirror.lab/ Connection failed',
    })
  })

  it('are not known where the lists cannot be read', async () => {
    programs.put('update', 'echo "E: The list of sources could not be read." >&2; exit 100')
    await expect(findUpdates(step())).rejects.toMatchObject({ code: 'PACKAGES_FAILED' })
  })

  it('are made with Kubernetes held, no package removed, and configuration files kept', async () => {
    const context = step()
    await updatePackages(context, await findUpdates(context), () => Promise.resolve())
    const calls = programs.calls()
    expect(calls).toContain('apt-mark hold kubelet')
    const upgrade = calls.find((call) => call.endsWith('-y upgrade'))
    expect(upgrade).toContain('--force-confdef')
    expect(upgrade).toContain('--force-confold')
    expect(calls.indexOf('dpkg --force-confdef --force-confold --configure -a')).toBeLessThan(
      calls.indexOf('apt-mark hold kubelet'),
    )
    expect(calls.filter((call) => /dist-upgrade|full-upgrade|remove /.test(call))).toEqual([])
  })

  it('that are still there afterwards are reported', async () => {
    programs.put('upgrade', 'exit 0')
    const context = step()
    const found = await findUpdates(context)
    await expect(updatePackages(context, found, () => Promise.resolve())).rejects.toMatchObject({
      code: 'PACKAGES_FAILED',
      message: 'still not updated: libc6, tzdata, openssl, linux-image-6.1.0-30-amd64',
    })
  })
})

describe('updates of dnf', () => {
  beforeEach(() => {
    programs.put('updates', 'glibc.x86_64  2.34-100.el9_4.4  baseos\nnano.x86_64  5.6.1-6.el9  baseos\n')
    programs.add('rpm', 'case "$*" in *glibc*) printf "2.34-100.el9_4.2 " ;; esac')
    programs.add(
      'dnf',
      `case " $* " in
*' check-update --security '*) [ -s "$here/updates" ] || exit 0; head -n 1 "$here/updates"; exit 100 ;;
*' check-update '*) [ -s "$here/updates" ] || exit 0; echo; cat "$here/updates"; echo 'Obsoleting Packages'; echo 'a b c'; exit 100 ;;
*' upgrade '*) : >"$here/updates" ;;
esac`,
    )
  })

  it('are found with those for security, and made without replacing a package', async () => {
    const hosts = [aHost('w1', { packageManager: 'dnf' })]
    const context = {
      ...localContext(programs, aCluster({ hosts })),
      host: aHost('w1', { packageManager: 'dnf' }),
    }
    const found = await findUpdates(context)
    expect(found.packages).toEqual([
      { name: 'glibc', from: '2.34-100.el9_4.2', to: '2.34-100.el9_4.4', isSecurity: true },
      { name: 'nano', to: '5.6.1-6.el9', isSecurity: false },
    ])
    await updatePackages(context, found, () => Promise.resolve())
    expect(programs.calls().filter((call) => call.endsWith(' upgrade'))).toEqual([
      'dnf -y --setopt=obsoletes=False upgrade',
    ])
    expect((await findUpdates(context)).packages).toEqual([])
  })
})
