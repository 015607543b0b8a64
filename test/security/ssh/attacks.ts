/** What hostile servers say in these attacks, and what must become of it. */
import { expect } from 'vitest'
import { isQuorateError, type QuorateError } from '../../../src/errors/index.js'
import { createSessionPool, type SessionPool } from '../../../src/ssh/index.js'

/** Writes the clipboard, clears the screen, forges a success, and turns the direction of writing. */
export const ATTACK =
  '\u001b]52;c;cm0gLXJmIC8=\u0007\u001b[2J\u001b[H\u001b[32m✔ prod: 5 of 5\u202e\u009b1m\u0000\u0008\tend'
/** What steers a terminal. */
// eslint-disable-next-line no-control-regex -- nothing of these may be left
export const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

export const HANDSHAKE_MS = 1_500
/** On a busy machine. */
const GRACE_MS = 3_000

/** Sessions by password only, with little patience. */
export function impatientPool(): SessionPool {
  return createSessionPool({
    agentSocket: '',
    defaultIdentityFiles: [],
    dialTimeoutMs: HANDSHAKE_MS,
    handshakeTimeoutMs: HANDSHAKE_MS,
  })
}

/** The error of what is tried; nothing in it may steer a terminal. */
export async function errorOf(attempt: Promise<unknown>): Promise<QuorateError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isQuorateError(error)) throw new Error(`not an error of ours: ${String(error)}`, { cause: error })
  expect(JSON.stringify(Object.values(error.report())).length).toBeLessThan(200_000)
  for (const text of [error.message, error.hint, error.context.output ?? '']) expect(text).not.toMatch(RAW)
  return error
}

/** The same, of what must not take longer. */
export async function bounded(
  attempt: () => Promise<unknown>,
  ms = HANDSHAKE_MS + GRACE_MS,
): Promise<QuorateError> {
  const begun = Date.now()
  const error = await errorOf(attempt())
  expect(Date.now() - begun).toBeLessThan(ms)
  return error
}
