/** containerd's `hosts.toml` of a registry that is reached in another way than https on its own name. */
import { stringify } from 'smol-toml'
import { HEADER } from '../host-prerequisites.js'
import type { RegistryMirror } from '../../cluster/model.js'
import { REGISTRIES_FOLDER } from './config.js'

/** Where containerd looks for a registry's file. It is read again at each pull: no restart is needed. */
export function hostsTomlPath(mirror: RegistryMirror): string {
  return `${REGISTRIES_FOLDER}/${mirror.registry}/hosts.toml`
}

/** What a host's file has of a login, and what never leaves the step that writes it. */
interface Authorization {
  /** Of HTTP, e.g. `Basic …`. */
  readonly header: string
  /** Random digits, without which the file's digest would let the password be guessed. */
  readonly salt: string
}

/** Stands for the authorization where it is not known: in plans, which compare files by digest. */
const SEALED: Authorization = { header: '(by the worker)', salt: '-' }

/** The mode of the file: with a login only root may read it. */
export function hostsTomlMode({ login }: RegistryMirror): number {
  return login === undefined ? 0o644 : 0o600
}

/** The salt of a file that is there; undefined where it has none. */
export function saltOf(text: string): string | undefined {
  return /^# salt: ([0-9a-f]{32})$/m.exec(text)?.[1]
}

/**
 * The file's text. The endpoint takes the registry's place: it is asked for everything, and where it fails
 * nothing else is, so that an air-gapped cluster says so at once.
 */
export function renderHostsToml(mirror: RegistryMirror, { header, salt } = SEALED): string {
  // Without `server` containerd would go on to the registry itself; without a `host` containerd 1.6 refuses the file.
  // The header also tells Quorate which files it may remove again.
  const salted = mirror.login === undefined ? '' : `# salt: ${salt}\n`
  const login = mirror.login === undefined ? {} : { header: { Authorization: header } }
  return `${HEADER}\n${salted}${stringify({
    server: mirror.endpoint,
    host: { [mirror.endpoint]: { capabilities: ['pull', 'resolve'], ...login } },
  })}\n`
}
