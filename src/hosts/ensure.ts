/** Observe, act, verify: what a host must be, as one value. */
import type { ErrorCode } from '../errors/index.js'
import type { Command } from '../ssh/index.js'
import type { HostContext } from './context.js'
import { defined } from '../values/defined.js'

/** A state that a host must be in. Both commands run as root. */
export interface WantedState {
  /** What is being ensured, as in an error's `step`. */
  readonly title: string
  /** Exits with 0 if the host is in the state; changes nothing. */
  readonly holds: Command
  /** Brings the host there. Its exit status does not count; what `holds` says afterwards does. */
  readonly make: Command
  /** The error if the host is still not in the state afterwards. */
  readonly otherwise: { readonly code: ErrorCode; readonly message: string; readonly hint?: string }
}

/** How much of the standard error of `holds` goes with the error. */
const MAX_OUTPUT = 2_000

/**
 * Looks, acts only if needed, and looks again: a host that is in the state costs one look.
 * @returns whether it had to act.
 * @throws QuorateError with the code of `otherwise`.
 */
export async function ensure(
  { session, error }: Pick<HostContext, 'session' | 'error'>,
  { title, holds, make, otherwise }: WantedState,
): Promise<boolean> {
  const look = () => session.run(holds, { root: true })
  if ((await look()).exitCode === 0) return false
  await session.run(make, { root: true })
  const { exitCode, stderr } = await look()
  if (exitCode === 0) return true
  const { code, message, hint } = otherwise
  throw error(code, message, {
    step: title,
    ...(stderr === '' ? {} : { output: stderr.slice(-MAX_OUTPUT) }),
    ...defined({ hint }),
  })
}
