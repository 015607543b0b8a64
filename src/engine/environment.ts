/** The environment of the engine's own processes. */
import type { EngineHome } from './home.js'

/** Longest path of a Unix socket, in bytes; macOS has the lowest limit. */
const LONGEST_SOCKET_PATH = 103
/** All that a Temporal server needs. Everything else, such as passwords, is kept from it. */
const FOR_THE_SERVER = ['PATH', 'HOME', 'USER', 'TMPDIR', 'TZ']

/**
 * The caller's environment, with SSH_AUTH_SOCK set to the agent link. Settings for other Temporal servers are left out,
 * and so is NODE_OPTIONS, which debuggers set for the caller alone.
 */
export function workerEnvironment(home: EngineHome): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TEMPORAL_') && name !== 'NODE_OPTIONS',
  )
  const environment = { ...Object.fromEntries(inherited), QUORATE_HOME: home.folder }
  const isUsable = Buffer.byteLength(home.agent) <= LONGEST_SOCKET_PATH
  return isUsable ? { ...environment, SSH_AUTH_SOCK: home.agent } : environment
}

/** The part of the caller's environment that a Temporal server gets. */
export function serverEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): NodeJS.ProcessEnv {
  const wanted = Object.entries(environment).filter(([name]) => FOR_THE_SERVER.includes(name))
  return Object.fromEntries(wanted)
}
