/**
 * Handing the caller's SSH agent to the engine's worker. The worker outlives terminals and login sessions, whose
 * agents come and go; so its SSH_AUTH_SOCK is a link in the engine's folder, which commands point at the agent of their
 * own environment. No restart is needed: each connection looks the link up again.
 */
import { lstatSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import type { EngineHome } from './home.js'

const ANSWER_TIMEOUT_MS = 1_000

type Environment = Readonly<Record<string, string | undefined>>

/** Points the worker at this agent. Without an agent in the environment the last one stays. */
export function handOverAgent(home: EngineHome, environment: Environment = process.env): void {
  const socket = environment.SSH_AUTH_SOCK
  if (socket === undefined || socket === home.agent || !isSocket(socket)) return
  if (linkTarget(home.agent) === socket) return
  const draft = `${home.agent}.${process.pid}`
  rmSync(draft, { force: true })
  symlinkSync(socket, draft)
  renameSync(draft, home.agent)
}

/**
 * Points the worker at this agent unless an open operation may need the one that it has: that answers, and is another.
 * @param hasOpenOperation asked only where it matters.
 */
export async function handOverIdleAgent(
  home: EngineHome,
  hasOpenOperation: () => Promise<boolean>,
  environment: Environment = process.env,
): Promise<void> {
  const known = linkTarget(home.agent)
  const isOthers = known !== undefined && known !== environment.SSH_AUTH_SOCK
  if (isOthers && (await answers(known)) && (await hasOpenOperation())) return
  handOverAgent(home, environment)
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
}

function linkTarget(path: string): string | undefined {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  return isLink ? readlinkSync(path) : undefined
}

/** Whether somebody listens at a socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const end = (isThere: boolean): void => {
      socket.destroy()
      resolve(isThere)
    }
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
