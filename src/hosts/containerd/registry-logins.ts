/**
 * Logins to registries on a host. The password is read where the worker runs, and goes into one file that only root can
 * read. A plan compares, and Temporal keeps, only whether that file is as it should be.
 */
import { randomBytes } from 'node:crypto'
import {
  hostsTomlMode,
  hostsTomlPath,
  renderHostsToml,
  saltOf,
} from '../../configuration/containerd/registries.js'
import type { HostConfiguration } from '../../facts/host-configuration.js'
import type { Cluster, RegistryMirror } from '../../cluster/model.js'
import { sha256 } from '../../values/sha256.js'
import { Secrets, type Session } from '../../ssh/index.js'

type WithLogin = RegistryMirror & Required<Pick<RegistryMirror, 'login'>>

/** Registries with a login. */
export function registriesWithLogin({ containerRuntime }: Cluster): readonly WithLogin[] {
  return containerRuntime.registries.filter((mirror): mirror is WithLogin => mirror.login !== undefined)
}

/** Writes the file of a registry with a login; false if it was already as it should be. */
export async function writeRegistryLogin(session: Session, mirror: WithLogin): Promise<boolean> {
  const path = hostsTomlPath(mirror)
  const present = (await session.readFile(path))?.toString() ?? ''
  // Reuses the salt: a new one would make every file differ.
  const salt = saltOf(present) ?? randomBytes(16).toString('hex')
  return session.writeFile(path, await render(session, mirror, salt), { mode: hostsTomlMode(mirror) })
}

/**
 * The configuration without any digest that derives from a password. Each file with a login that is as it should be
 * gets the digest that a plan expects.
 * @throws QuorateError `SECRET_NEEDED`
 */
export async function sealRegistryLogins(
  session: Session,
  cluster: Cluster,
  configuration: HostConfiguration,
): Promise<HostConfiguration> {
  const files = { ...configuration.files }
  for (const mirror of registriesWithLogin(cluster)) {
    const path = hostsTomlPath(mirror)
    const state = files[path]
    if (state === undefined) continue
    const present = (await session.readFile(path))?.toString() ?? ''
    const isWanted = present === (await render(session, mirror, saltOf(present) ?? ''))
    files[path] = { ...state, digest: isWanted ? sha256(renderHostsToml(mirror)) : OTHER }
  }
  return { ...configuration, files }
}

/** A digest that no file has. */
const OTHER = 'other'

async function render({ host }: Session, mirror: WithLogin, salt: string): Promise<string> {
  const { username, password } = mirror.login
  const purpose = `the password of ${username} for the registry ${mirror.registry}`
  const secret = await new Secrets().read(password, purpose, host.name)
  const header = `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`
  return renderHostsToml(mirror, { header, salt })
}
