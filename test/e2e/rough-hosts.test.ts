import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { REFUSING_FEATURES } from '../../lab/fleet/rough.js'
import { changedClusterFile } from './support/changed-cluster-file.js'
import { expectNoSecretsLeft } from './support/left-secrets.js'
import { Fleet } from '../support/fleet.js'
import { expectEachUnitOnce, expectWholeCluster, journal } from '../support/expect-cluster.js'
import { BOOTSTRAP_UNITS } from '../support/bootstrap-units.js'

const fleet = new Fleet('rough-hosts')

beforeAll(async () => {
  await fleet.up('--rough', '--os', 'debian-12,debian-13')
})
afterAll(async () => {
  await fleet.down()
})

const journals = () => Promise.all(Object.keys(BOOTSTRAP_UNITS).map((host) => journal(fleet, host)))

describe('rough hosts of Debian 12 and 13, as people set them up', () => {
  it.each([
    ['a key that only says which user to log in as', 'cloudRoot', 'root', /Please login as the user/],
    ['a sudo that requires a terminal', 'requireTty', 'ops', /SUDO_DENIED/],
  ] as const)(
    'are refused with the reason before anything is changed if they have %s',
    async (_, name, user, says) => {
      await fleet.on('cp1', REFUSING_FEATURES[name].install)
      const path = changedClusterFile(fleet, `${name}.yaml`, (spec) => {
        for (const host of spec.hosts) if (host.name === 'cp1') host.ssh = { ...host.ssh, user }
      })
      const { exitCode, stdout, stderr, durationMs } = await fleet.quorate('preflight', '-f', path)
      expect(exitCode, stdout + stderr).toBe(1)
      expect(stdout + stderr).toMatch(says)
      expect(durationMs).toBeLessThan(60_000)
      await fleet.on('cp1', 'rm -f /root/.ssh/authorized_keys /etc/sudoers.d/tty; test ! -e /var/lib/quorate')
    },
  )

  it('become the same cluster after one apply, with each step run once on each host', async () => {
    const applied = await fleet.apply()
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectEachUnitOnce(fleet, BOOTSTRAP_UNITS)
  })

  it('are not changed by another apply', async () => {
    const before = await journals()
    const again = await fleet.apply()
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toMatch(/nothing to change/)
    expect(await journals()).toEqual(before)
  })

  it('return a kubeconfig without any other output', async () => {
    const { stdout, exitCode, stderr } = await fleet.quorate('kubeconfig', fleet.name)
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(/^apiVersion: v1\n/)
    expect(parse(stdout)).toMatchObject({ kind: 'Config' })
  })

  it('leave no secrets in the history, the logs or the unit files', async () => {
    await expectNoSecretsLeft(fleet)
  })
})
