/** Waits until hosts have booted, and learns their keys from inside, not over the network. */
import { setTimeout as pause } from 'node:timers/promises'
import { docker } from '../docker.js'
import { output } from '../process.js'
import { containerName } from './containers.js'
import { zoneOf, type FleetHost } from './shape.js'

const POLL_MS = 250
const TIMEOUT_MS = 120_000

/** Waits until systemd has started everything and sshd listens. */
export async function waitForBoot(fleet: string, host: FleetHost): Promise<void> {
  const container = containerName(fleet, host.name)
  // `is-system-running --wait` waits for the end of the boot, once systemd can be asked.
  const probe = 'systemctl is-system-running --wait; systemctl is-active ssh'
  await poll(`${host.name} to boot`, async () => {
    const { stdout } = await docker(['exec', container, 'sh', '-c', probe], { allowFailure: true })
    if (stdout === '') await assertRunning(container)
    const [system, sshd] = stdout.split('\n')
    if (system === 'degraded')
      throw new Error(`${host.name} has failed units: ${await failedUnits(container)}`)
    return system === 'running' && sshd === 'active' ? true : undefined
  })
}

/** The known_hosts lines of a host, by address and by name. */
export async function knownHostsLines(fleet: string, host: FleetHost): Promise<string[]> {
  const keys = await output('docker', [
    'exec',
    containerName(fleet, host.name),
    'sh',
    '-c',
    'cat /etc/ssh/ssh_host_*_key.pub',
  ])
  const names = [host.address, host.name, `${host.name}.${zoneOf(fleet)}`].join(',')
  return keys.split('\n').map((line) => [names, ...line.split(' ').slice(0, 2)].join(' '))
}

/** Waits until the mirror answers on all three of its ports. */
export async function waitForMirror(fleet: string): Promise<void> {
  const container = containerName(fleet, 'mirror')
  await poll('the mirror', async () => {
    await assertRunning(container)
    const { status, stdout } = await docker(
      ['exec', container, 'sh', '-c', 'ss -Hltn "( sport = :53 or sport = :80 or sport = :5000 )" | wc -l'],
      { allowFailure: true },
    )
    return status === 0 && Number(stdout) >= 3 ? true : undefined
  })
}

async function assertRunning(container: string): Promise<void> {
  if ((await output('docker', ['inspect', '--format', '{{.State.Running}}', container])) === 'true') return
  const logs = await docker(['logs', '--tail', '20', container])
  throw new Error(`${container} has ended:\n${logs.stdout}${logs.stderr}`)
}

async function failedUnits(container: string): Promise<string> {
  const { stdout } = await docker(['exec', container, 'systemctl', '--failed', '--plain', '--no-legend'])
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .join(', ')
}

async function poll<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + TIMEOUT_MS
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (Date.now() > deadline) throw new Error(`waited ${TIMEOUT_MS / 1000} s for ${what}`)
    await pause(POLL_MS)
  }
}
