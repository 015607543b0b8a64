import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fleet } from '../support/fleet.js'

const fleet = new Fleet('e2e')

beforeAll(async () => {
  await fleet.up()
})
afterAll(async () => {
  await fleet.down()
})

/** A program that holds a port, with nothing but what a bare host has (systemd would expand a `$name`). */
const HOLD_PORT = `systemd-run --quiet perl -MIO::Socket::INET -e \
  'push @held, IO::Socket::INET->new(LocalPort => 10250, Listen => 1) or die; sleep 600'`

/** The fleet's cluster file with one host's key taken for another's and one address where nobody is. */
function brokenClusterFile(): string {
  const file = readFileSync(fleet.clusterFile, 'utf8')
  const address = (host: string): string =>
    new RegExp(`name: ${host}\\s+role: \\S+\\s+address: (\\S+)`).exec(file)?.[1] ?? ''
  const known = readFileSync(join(fleet.folder, 'known_hosts'), 'utf8').trim().split('\n')
  const of = (host: string) => (line: string) => line.startsWith(`${address(host)},`)
  const keysOfAnother = known.filter(of('w1')).map((line) => line.replace(/^\S+/, address('cp3')))
  const others = known.filter((line) => !of('cp3')(line))
  writeFileSync(join(fleet.folder, 'known_hosts.broken'), `${[...others, ...keysOfAnother].join('\n')}\n`)
  const path = join(fleet.folder, 'broken.yaml')
  const nobody = address('lb1').replace(/\d+$/, '250')
  const broken = file
    .replace('knownHostsFile: ./known_hosts', 'knownHostsFile: ./known_hosts.broken')
    .replace(`address: ${address('lb1')}`, `address: ${nobody}`)
  writeFileSync(path, broken)
  return path
}

describe('hosts that are not as they must be', () => {
  it('are all named in one report, and no host is changed', async () => {
    const file = brokenClusterFile()
    await fleet.on('w1', HOLD_PORT)
    await fleet.on('w2', 'mkdir -p /var/lib/quorate && echo staging > /var/lib/quorate/cluster')
    await fleet.on('cp2', 'sed -i s/NOPASSWD:// /etc/sudoers.d/*')

    const { exitCode, stdout, stderr } = await fleet.quorate('apply', '-f', file)
    const report = stdout + stderr
    expect(exitCode, report).toBe(1)
    expect(report).toMatch(/cp2.*SUDO_DENIED/)
    expect(report).toMatch(/cp3.*SSH_HOST_KEY_CHANGED/)
    expect(report).toMatch(/lb1.*SSH_UNREACHABLE/)
    expect(report).toMatch(/w1.*port 10250.*PORT_BUSY/)
    expect(report).toMatch(/w2.*staging.*FOREIGN_CLUSTER/)
    expect(report).not.toMatch(/cp1.*[A-Z]+_[A-Z]+\)/)

    for (const host of ['cp1', 'w1']) {
      const changed = await fleet.on(
        host,
        'ls -d /var/lib/quorate /etc/containerd /etc/kubernetes 2>/dev/null || true',
      )
      expect(changed, host).toBe('')
    }
  })
})
