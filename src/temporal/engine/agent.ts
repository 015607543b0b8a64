/**
 * Handing the caller's SSH agent to the engine's worker. The worker outlives terminals and login sessions, whose
 * agents come and go; so its SSH_AUTH_SOCK is a link in the engine's folder, which every command that starts an
 * operation points at the agent of its own environment. No restart is needed: connections look the link up anew.
 */
import { lstatSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import type { EngineHome } from './home.js'

/** Points the worker at this agent. Without an agent in the environment the last one stays. */
export function handOverAgent(
  home: EngineHome,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): void {
  const socket = environment.SSH_AUTH_SOCK
  if (socket === undefined || socket === home.agent || !isSocket(socket)) return
  if (linkTarget(home.agent) === socket) return
  const draft = `${home.agent}.${process.pid}`
  rmSync(draft, { force: true })
  symlinkSync(socket, draft)
  renameSync(draft, home.agent)
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
}

function linkTarget(path: string): string | undefined {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  return isLink ? readlinkSync(path) : undefined
}
