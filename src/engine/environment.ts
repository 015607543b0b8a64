/** The environment of the engine's own processes. */
import type { EngineHome } from './home.js'

/** Bytes that the name of a Unix socket may have: macOS has the least. */
const LONGEST_SOCKET_PATH = 103
/** All that a Temporal server needs; what else there is, such as passwords, is not for it. */
const FOR_THE_SERVER = ['PATH', 'HOME', 'USER', 'TMPDIR', 'TZ']

/**
 * The caller's environment, with the agent by its link; without settings for other Temporal servers, and without
 * what debuggers put into NODE_OPTIONS for the caller alone.
 */
export function workerEnvironment(home: EngineHome): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TEMPORAL_') && name !== 'NODE_OPTIONS',
  )
  const environment = { ...Object.fromEntries(inherited), QUORATE_HOME: home.folder }
  const isUsable = Buffer.byteLength(home.agent) <= LONGEST_SOCKET_PATH
  return isUsable ? { ...environment, SSH_AUTH_SOCK: home.agent } : environment
}

/** What a Temporal server gets of the caller's environment. */
export function serverEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): NodeJS.ProcessEnv {
  const wanted = Object.entries(environment).filter(([name]) => FOR_THE_SERVER.includes(name))
  return Object.fromEntries(wanted)
}
