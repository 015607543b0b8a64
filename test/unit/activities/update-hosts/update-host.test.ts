import { describe, expect, it } from 'vitest'
import { updateHost, type HostUpdate } from '../../../../src/activities/update-hosts/update-host.js'
import type { HostUpdates } from '../../../../src/facts/updates.js'
import { rebootingHost } from '../../../support/rebooting-host.js'

const CONFIG = '/etc/containerd/config.toml'
const OPENSSL = 'update\topenssl security 3.0.16-1 3.0.15-1\n'
const CONTAINERD = 'update\tcontainerd other 1.6.24-1 1.6.20-1\n'
const LIBC = 'update\tlibc6 security 2.36-9+deb12u10 2.36-9+deb12u9\n'
const INSTALLED =
  'installed openssl 3.0.16-1\ninstalled containerd 1.6.24-1\ninstalled libc6 2.36-9+deb12u10\n'

interface Scene {
  /** What there is to update. */
  readonly lines?: string
  /** What the host asks for afterwards. */
  readonly asksForReboot?: boolean
  readonly isRebooted?: boolean
  /** The power has failed while packages were installed, and nobody has finished it. */
  readonly isCutOff?: boolean
  readonly replaces?: boolean
  /** The lists of packages tell of an installation that was cut off before, and of nothing else. */
  readonly isHalfInstalled?: boolean
  /** Somebody has restored the files that the update replaced. */
  isRestored?: boolean
  /** Services that still run replaced files. */
  readonly old?: string
  readonly fails?: boolean
}

/** A host with updates, and what happens to it. */
function scene(name: string, { lines = OPENSSL, ...more }: Scene = {}) {
  const repair = () => (more.isRestored = true)
  let isUpdated = more.isRebooted === true
  const { events, away, reboot } = rebootingHost(name, {
    isRebooted: more.isRebooted === true || more.isCutOff === true,
    answers: (note) => [
      ['-s upgrade', () => (isUpdated ? '' : more.isCutOff === true ? 'interrupted\tyes\n' : lines)],
      ['dpkg-query', () => (isUpdated ? INSTALLED : INSTALLED.replaceAll('installed ', 'half-configured '))],
      [
        '-y upgrade',
        () => {
          if (more.fails === true) return 100
          isUpdated = true
          note('updated')
          return ''
        },
      ],
      [
        'header=$1',
        () => (isUpdated && more.replaces === true && more.isRestored !== true ? '' : `${CONFIG}\n`),
      ],
      ['MainPID', more.old ?? ''],
      ['systemctl restart', () => (note('service restarted'), '')],
      [
        'uname -r',
        () => `bootId\tboot-1\n${isUpdated && more.asksForReboot === true ? 'rebootRequired\tlibc6\n' : ''}`,
      ],
    ],
  })
  const planned: HostUpdates = {
    packages: (more.isHalfInstalled === true ? [] : lines.trim().split('\n'))
      .map((line) => line.split(/[\t ]/))
      .map(([, name = '', , to = '']) => ({ name, to, isSecurity: false })),
    kept: [],
    isInterrupted: more.isHalfInstalled === true,
    ownFiles: [CONFIG],
  }
  const update = (change: Partial<HostUpdate> = {}) =>
    updateHost(away, { ...reboot, planned, rule: 'required', ...change })
  return { events, update, repair }
}

describe('a host with updates', () => {
  it('is neither drained nor rebooted for packages that no pod notices', async () => {
    const { events, update } = scene('w1')
    await expect(update()).resolves.toEqual({ changed: true, summary: '1 package updated' })
    expect(events).toEqual(['updated', 'guard removed'])
  })

  it('is drained while its container runtime changes, and takes pods again', async () => {
    const { events, update } = scene('w1', { lines: CONTAINERD })
    await update()
    expect(events).toEqual(['cordoned', 'updated', 'uncordoned', 'guard removed'])
  })

  it('is drained before an update that calls for a reboot, unless none may follow', async () => {
    const drained = scene('w1', { lines: LIBC })
    await drained.update()
    expect(drained.events.slice(0, 2)).toEqual(['cordoned', 'updated'])
    const never = scene('w1', { lines: LIBC })
    await never.update({ rule: 'never' })
    expect(never.events.slice(0, 1)).toEqual(['cordoned'])
  })

  it('reboots by the steps of a reboot where that is asked for', async () => {
    const { events, update } = scene('cp2')
    await expect(update({ rule: 'always' })).resolves.toMatchObject({
      summary: expect.stringMatching(/^1 package updated, rebooted, back after \d+ s$/) as unknown,
    })
    expect(events).toEqual([
      ...['cordoned', 'guarded', 'updated', 'guarded', 'rebooted'],
      ...['kubelet started', 'uncordoned', 'guard removed'],
    ])
  })

  it('reboots where its system asks for it afterwards, which nobody foresaw', async () => {
    const { events, update } = scene('w1', { asksForReboot: true })
    await update()
    expect(events).toEqual(['updated', 'cordoned', 'rebooted', 'uncordoned', 'guard removed'])
  })

  it('is not updated again by an attempt that finds another boot', async () => {
    const { events, update } = scene('w1', { isRebooted: true })
    await update({ rule: 'always' })
    expect(events).not.toContain('updated')
    expect(events).not.toContain('rebooted')
  })

  it('finishes an installation amid which the power failed, though the host has another boot since', async () => {
    const { events, update } = scene('w1', { isCutOff: true })
    await expect(update()).resolves.toMatchObject({ summary: '1 package updated' })
    expect(events).toEqual(['cordoned', 'updated', 'uncordoned', 'guard removed'])
  })

  it('reboots after an installation amid which the power failed, where that is due', async () => {
    const { events, update } = scene('w1', { isCutOff: true, lines: LIBC })
    await update({ rule: 'always' })
    expect(events).toEqual(['cordoned', 'updated', 'rebooted', 'uncordoned', 'guard removed'])
  })

  it('reboots after such an installation also if an attempt failed between the two', async () => {
    const { events, update, repair } = scene('w1', { isCutOff: true, lines: LIBC, replaces: true })
    await expect(update({ rule: 'always' })).rejects.toMatchObject({ code: 'OWN_FILES_REPLACED' })
    repair()
    await update({ rule: 'always' })
    expect(events).toEqual(['cordoned', 'updated', 'rebooted', 'uncordoned', 'guard removed'])
  })

  it('finishes what was half installed before, though its power failed before it was', async () => {
    const { events, update } = scene('w1', { isCutOff: true, isHalfInstalled: true })
    await update()
    expect(events).toContain('updated')
  })

  it('takes no pods again while a package has replaced a file of ours', async () => {
    const { events, update } = scene('w1', { lines: CONTAINERD, replaces: true })
    await expect(update()).rejects.toMatchObject({
      code: 'OWN_FILES_REPLACED',
      message: `an update has replaced ${CONFIG}`,
    })
    expect(events).toEqual(['cordoned', 'updated'])
  })

  it('has its own services restarted that run replaced files, and others named', async () => {
    const { events, update } = scene('w1', { old: 'containerd\nssh\n' })
    await expect(update()).resolves.toMatchObject({
      summary: '1 package updated; ssh still runs replaced files',
    })
    expect(events).toEqual(['updated', 'service restarted', 'guard removed'])
  })

  it('stays drained when the package manager fails', async () => {
    const { events, update } = scene('w1', { lines: CONTAINERD, fails: true })
    await expect(update()).rejects.toMatchObject({ code: 'PACKAGES_FAILED' })
    expect(events).toEqual(['cordoned'])
  })
})
