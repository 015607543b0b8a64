/** containerd's `hosts.toml` of a registry that is reached in another way than https on its own name. */
import { stringify } from 'smol-toml'
import { HEADER } from '../host-prerequisites.js'
import type { RegistryMirror } from '../model.js'
import { REGISTRIES_FOLDER } from './config.js'

/** Where containerd looks for a registry's file. It is read again at each pull: no restart is needed. */
export function hostsTomlPath(mirror: RegistryMirror): string {
  return `${REGISTRIES_FOLDER}/${mirror.registry}/hosts.toml`
}

/**
 * The file's text. The endpoint takes the registry's place: it is asked for everything, and where it fails
 * nothing else is, so that an air-gapped cluster says so at once.
 */
export function renderHostsToml(mirror: RegistryMirror): string {
  // Without `server` containerd would go on to the registry itself; without a `host` containerd 1.6 refuses the file.
  // The header also tells Quorate which files it may remove again.
  return `${HEADER}\n${stringify({
    server: mirror.endpoint,
    host: { [mirror.endpoint]: { capabilities: ['pull', 'resolve'] } },
  })}\n`
}
