/**
 * Hands the caller's SSH agent to the engine's worker. The worker outlives terminals and login sessions, whose agents
 * come and go. So its SSH_AUTH_SOCK is a link in the engine's folder, and commands point that link at the agent of
 * their own environment. No restart is needed: each connection resolves the link again.
 */
import { lstatSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import type { EngineHome } from './home.js'

const ANSWER_TIMEOUT_MS = 1_000

type Environment = Readonly<Record<string, string | undefined>>

/** Points the worker at the caller's agent. If the environment has none, the last one stays. */
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
 * Points the worker at the caller's agent, unless an open operation may need the worker's present one. That one is kept
 * only if it is another agent and still answers.
 * @param hasOpenOperation called only when the answer matters.
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

/** Whether anything listens on a socket. */
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
