/** How one gets into a fleet's hosts: its SSH key, known_hosts, and the ssh command. */
import { existsSync } from 'node:fs'
import { chmod, readFile } from 'node:fs/promises'
import ssh2 from 'ssh2'
import { quote } from '../../src/ssh/run/command.js'
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
    const pair = newKeyPair(`quorate-lab-${fleet}`)
    await writeWhole(`${identity}.pub`, `${pair.public}\n`)
    await writeWhole(identity, pair.private)
    await chmod(identity, 0o600)
  }
  return (await readFile(`${identity}.pub`, 'utf8')).trim()
}

/** Gives a new ed25519 key pair. ssh2 1.17 writes about one in 300 so that nothing can read it again. */
export function newKeyPair(comment: string): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair
  }
}

/**
 * Runs a command on a host as the user `ops`, with this terminal; gives its exit status. One word is a line for the
 * shell, several are a program and its arguments just as they stand, none is a login.
 */
export async function onHost(fleet: string, host: FleetHost, words: readonly string[]): Promise<number> {
  const line = words.length === 1 ? words : words.map(quote)
  if (await hasSsh()) {
    const options = {
      IdentityFile: fleetPath(fleet, FILES.identity),
      IdentitiesOnly: 'yes',
      UserKnownHostsFile: fleetPath(fleet, FILES.knownHosts),
      StrictHostKeyChecking: 'yes',
      LogLevel: 'ERROR',
    }
    const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    return passThrough('ssh', [...flags, `ops@${host.address}`, ...line])
  }
  const terminal = process.stdin.isTTY ? ['--interactive', '--tty'] : ['--interactive']
  const shell = line.length === 0 ? ['bash', '--login'] : ['bash', '-c', line.join(' ')]
  const container = containerName(fleet, host.name)
  return passThrough('docker', ['exec', ...terminal, '--user', 'ops', container, ...shell])
}

async function hasSsh(): Promise<boolean> {
  return run('ssh', ['-V'], { allowFailure: true }).then(
    () => true,
    () => false,
  )
}
