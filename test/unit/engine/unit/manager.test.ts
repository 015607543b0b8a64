/** What is said where systemd, or its manager for this user, cannot be asked. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { assertManager, lingers, mustSystemctl } from '../../../../src/engine/unit/manager.js'
import { FakePrograms } from '../../../support/fake-programs.js'

let folder: string
let programs: FakePrograms
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-'))
  programs = new FakePrograms(join(folder, 'bin'))
  vi.stubEnv('PATH', `${programs.folder}:/usr/bin:/bin`)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

describe('a unit is refused', () => {
  it('without systemctl, with the way to do without', async () => {
    vi.stubEnv('PATH', programs.folder)
    await expect(assertManager('user')).rejects.toMatchObject({
      code: 'ENGINE_UNIT_UNSUPPORTED',
      hint: expect.stringContaining('@reboot quorate engine start') as string,
    })
  })

  it('on a machine that another init system has started', async () => {
    programs.add(
      'systemctl',
      'echo "System has not been booted with systemd as init system (PID 1)." >&2; exit 1',
    )
    await expect(assertManager('system')).rejects.toMatchObject({
      code: 'ENGINE_UNIT_UNSUPPORTED',
      message: 'this machine was not started by systemd',
    })
  })

  it('without a user manager, with the way to get one', async () => {
    programs.add('systemctl', 'echo "Failed to connect to bus: No medium found" >&2; exit 1')
    const { username, uid } = userInfo()
    await expect(assertManager('user')).rejects.toMatchObject({
      code: 'ENGINE_UNIT_UNSUPPORTED',
      message: expect.stringContaining('No medium found') as string,
      hint: expect.stringMatching(
        new RegExp(`enable-linger ${username}.*XDG_RUNTIME_DIR=/run/user/${uid}`),
      ) as string,
    })
  })
})

describe('systemctl', () => {
  it('is asked for the manager of the user or of the machine, and its objection is shown', async () => {
    programs.add('systemctl', 'echo "Unit not found." >&2; exit 5')
    await expect(mustSystemctl('user', 'start', 'x')).rejects.toMatchObject({
      code: 'ENGINE_UNIT_FAILED',
      context: { output: 'Unit not found.' },
      hint: expect.stringContaining('journalctl --user -u quorate-engine.service') as string,
    })
    await mustSystemctl('system', 'start', 'x').catch(() => undefined)
    expect(programs.calls()).toEqual([
      'systemctl --user --no-pager --no-ask-password start x',
      'systemctl --no-pager --no-ask-password start x',
    ])
  })
})

describe('lingering', () => {
  it("is logind's answer, and off where logind does not know the user", async () => {
    programs.add('loginctl', 'echo yes')
    expect(await lingers('eve')).toBe(true)
    programs.add('loginctl', 'echo no')
    expect(await lingers('eve')).toBe(false)
    programs.add('loginctl', 'exit 1')
    expect(await lingers('nobody-of-this-name')).toBe(false)
  })
})
