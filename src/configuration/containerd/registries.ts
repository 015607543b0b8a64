/** containerd's `hosts.toml` for a registry that is not reached over https on its own name. */
import { stringify } from 'smol-toml'
import { HEADER } from '../host-prerequisites.js'
import type { RegistryMirror } from '../../cluster/model.js'
import { REGISTRIES_FOLDER } from './config.js'

/** Path of containerd's file for a registry. containerd reads it again at each pull, so no restart is needed. */
export function hostsTomlPath(mirror: RegistryMirror): string {
  return `${REGISTRIES_FOLDER}/${mirror.registry}/hosts.toml`
}

/** What a host's file contains of a login. It never leaves the step that writes the file. */
interface Authorization {
  /** Value of the HTTP header, e.g. `Basic …`. */
  readonly header: string
  /** Random digits. Without them, the password could be guessed from the file's digest. */
  readonly salt: string
}

/** Placeholder for an authorization that is not known: in plans, which compare files by digest. */
const SEALED: Authorization = { header: '(by the worker)', salt: '-' }

/** The mode of the file. Only root may read a file with a login. */
export function hostsTomlMode({ login }: RegistryMirror): number {
  return login === undefined ? 0o644 : 0o600
}

/** The salt of an existing file; undefined if it has none. */
export function saltOf(text: string): string | undefined {
  return /^# salt: ([0-9a-f]{32})$/m.exec(text)?.[1]
}

/**
 * The file's text. The endpoint replaces the registry: containerd sends every request there, and if it fails, tries
 * nothing else. An air-gapped cluster therefore reports the failure at once.
 */
export function renderHostsToml(mirror: RegistryMirror, { header, salt } = SEALED): string {
  // Without `server`, containerd would go on to the registry itself. Without a `host`, containerd 1.6 refuses the file.
  // The header also tells Quorate which files it may remove again.
  const salted = mirror.login === undefined ? '' : `# salt: ${salt}\n`
  const login = mirror.login === undefined ? {} : { header: { Authorization: header } }
  return `${HEADER}\n${salted}${stringify({
    server: mirror.endpoint,
    host: { [mirror.endpoint]: { capabilities: ['pull', 'resolve'], ...login } },
  })}\n`
}
