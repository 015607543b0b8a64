import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PreflightFinding } from '../../src/preflight/finding.js'
import { Fleet } from '../support/fleet.js'

const fleet = new Fleet('preflight')
const HOSTS = ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1']

beforeAll(async () => {
  await fleet.up()
})
afterAll(async () => {
  await fleet.down()
})

/** A program that holds a port, with nothing but what a bare host has (systemd would expand a `$name`). */
const HOLD_PORT = `systemd-run --quiet perl -MIO::Socket::INET -e \
  'push @held, IO::Socket::INET->new(LocalPort => 10250, Listen => 100) or die; sleep 600'`

/** Files that came or changed since the mark; what the system itself writes all the time is left out. */
const CHANGED = `find /etc /opt /root /home /usr /var -xdev -newer /run/mark -type f \
  ! -path '/var/log/*' ! -path '/var/lib/systemd/*'`

function address(host: string): string {
  const file = readFileSync(fleet.clusterFile, 'utf8')
  return new RegExp(`name: ${host}\\s+role: \\S+\\s+address: (\\S+)`).exec(file)?.[1] ?? ''
}

/** The fleet's cluster file with one host's key taken for another's and one address where nobody is. */
function brokenClusterFile(): string {
  const file = readFileSync(fleet.clusterFile, 'utf8')
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

/** What breaks each host, and what preflight says of it then. */
const BREAKS: readonly (readonly [host: string, line: () => string, mark: string, message: RegExp])[] = [
  ['w1', () => HOLD_PORT, 'error PORT_BUSY', /port 10250.*perl.*kubelet/],
  ['w1', () => 'echo > /etc/resolv.conf', 'warning ENDPOINT_NOT_RESOLVED', /api\.preflight\.test/],
  ['w1', () => 'true', 'warning REPOSITORY_UNREACHABLE', /mirror\.preflight\.test.*does not resolve/],
  ['w1', () => 'true', 'warning REGISTRY_UNREACHABLE', /mirror\.preflight\.test:5000.*does not resolve/],
  [
    'w1',
    () => 'mkdir -p /etc/ufw && echo ENABLED=yes > /etc/ufw/ufw.conf',
    'warning FIREWALL_ACTIVE',
    /10250\/tcp/,
  ],
  [
    'w2',
    () => 'mkdir -p /var/lib/quorate && echo staging > /var/lib/quorate/cluster',
    'error FOREIGN_CLUSTER',
    /staging/,
  ],
  ['w2', () => 'hostname w1', 'warning DUPLICATE_HOSTNAME', /that of w1/],
  ['w2', () => 'ip address add 10.244.9.1/24 dev eth0', 'error NETWORKS_OVERLAP', /podSubnet.*10\.244\.9\.1/],
  [
    'w2',
    () =>
      'sysctl -qw net.ipv4.ip_forward=0; mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys',
    'error KERNEL_PARAMETER_FIXED',
    /net\.ipv4\.ip_forward is not 1/,
  ],
  [
    'w2',
    () => 'echo 203.0.113.9 api.preflight.test >> /etc/hosts',
    'warning ENDPOINT_WRONG_ADDRESS',
    /203\.0\.113\.9/,
  ],
  ['cp1', () => `ip route add unreachable ${address('w2')}`, '', /./],
  ['cp2', () => 'sed -i s/NOPASSWD:// /etc/sudoers.d/*', 'error SUDO_DENIED', /./],
  ['cp3', () => 'true', 'error SSH_HOST_KEY_CHANGED', /./],
  ['lb1', () => 'true', 'error SSH_UNREACHABLE', /./],
]

async function preflight(file: string) {
  const { exitCode, stdout, stderr, durationMs } = await fleet.quorate('preflight', '--json', '-f', file)
  expect(stdout, stderr).toMatch(/^\{/)
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly PreflightFinding[] }
  return { exitCode, findings, durationMs }
}

describe('hosts that are ready', () => {
  it('cause no findings and are not changed', async () => {
    await Promise.all(HOSTS.map((host) => fleet.on(host, 'touch /run/mark')))
    const { exitCode, findings } = await preflight(fleet.clusterFile)
    // How quick a disk is follows from what else the machine does.
    expect(findings.filter(({ code }) => code !== 'DISK_SLOW')).toEqual([])
    expect(exitCode).toBe(0)
    for (const host of HOSTS) expect(await fleet.on(host, CHANGED), host).toBe('')
  })
})

describe('hosts that are not ready', () => {
  it('are all reported at once, each with a fix', async () => {
    const file = brokenClusterFile()
    for (const [host, line] of BREAKS) await fleet.on(host, line())
    const { exitCode, findings } = await preflight(file)
    expect(exitCode).toBe(1)
    for (const [host, , mark, message] of BREAKS.filter(([, , mark]) => mark !== '')) {
      const found = findings.find((one) => one.host === host && `${one.severity} ${one.code}` === mark)
      expect(found, `${host}: ${mark} in ${JSON.stringify(findings)}`).toBeDefined()
      expect(found?.message).toMatch(message)
      expect(found?.hint).not.toBe('')
    }
    // What goes no way from cp1 to w2 finds none back, either.
    const blocked = findings.filter(({ code }) => code === 'HOST_PORT_BLOCKED')
    expect(blocked.map(({ host, message }) => `${host ?? ''} ${message}`)).toEqual([
      expect.stringMatching(/^cp1 port 6443 .* cannot be reached from w2/),
      expect.stringMatching(/^w2 port 10250 \(kubelet\) cannot be reached from cp1/),
    ])
  })

  it('stop an apply before it changes any of them', async () => {
    const { exitCode, stdout, stderr } = await fleet.quorate('apply', '-f', join(fleet.folder, 'broken.yaml'))
    const report = stdout + stderr
    expect(exitCode, report).toBe(1)
    expect(report).toMatch(/w1.*port 10250.*PORT_BUSY/)
    expect(report).toMatch(/cp2.*SUDO_DENIED/)
    for (const host of ['cp1', 'w1']) {
      const changed = await fleet.on(
        host,
        'ls -d /var/lib/quorate /etc/containerd /etc/kubernetes 2>/dev/null || true',
      )
      expect(changed, host).toBe('')
    }
  })
})
