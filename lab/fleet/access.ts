/** How one gets into a fleet's hosts: its SSH key, known_hosts, and the ssh command. */
import { existsSync } from 'node:fs'
import { chmod, readFile } from 'node:fs/promises'
import ssh2 from 'ssh2'
import { writeWhole } from '../cache.js'
import { passThrough, run } from '../process.js'
import { FILES } from './cluster-file.js'
import { containerName } from './containers.js'
import { fleetPath } from './folder.js'
import type { FleetHost } from './shape.js'

/** Gives the public key of a fleet, made when it has none. */
export async function fleetKey(fleet: string): Promise<string> {
  const identity = fleetPath(fleet, FILES.identity)
  if (!existsSync(identity)) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: `quorate-lab-${fleet}` })
    await writeWhole(`${identity}.pub`, `${pair.public}\n`)
    await writeWhole(identity, pair.private)
    await chmod(identity, 0o600)
  }
  return (await readFile(`${identity}.pub`, 'utf8')).trim()
}

/** Runs a command on a host, or a shell, as the user `ops`, with this terminal; gives its exit status. */
export async function onHost(fleet: string, host: FleetHost, command: readonly string[]): Promise<number> {
  if (await hasSsh()) {
    const options = [
      '-i',
      fleetPath(fleet, FILES.identity),
      '-o',
      'IdentitiesOnly=yes',
      '-o',
      'StrictHostKeyChecking=yes',
      '-o',
      `UserKnownHostsFile=${fleetPath(fleet, FILES.knownHosts)}`,
      '-o',
      'LogLevel=ERROR',
    ]
    return passThrough('ssh', [...options, `ops@${host.address}`, ...command])
  }
  const terminal = process.stdin.isTTY ? ['--interactive', '--tty'] : ['--interactive']
  const words = command.length === 0 ? ['bash', '--login'] : ['bash', '-c', command.join(' ')]
  return passThrough('docker', [
    'exec',
    ...terminal,
    '--user',
    'ops',
    containerName(fleet, host.name),
    ...words,
  ])
}

async function hasSsh(): Promise<boolean> {
  return run('ssh', ['-V'], { allowFailure: true }).then(
    () => true,
    () => false,
  )
}
