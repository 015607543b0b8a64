/** Turns the outcome of a command that had to succeed into an error where it did not. */
import type { Host } from '../../cluster/model.js'
import { plainText, QuorateError, type ErrorCode } from '../../errors/index.js'
import type { CommandResult } from '../session.js'

/** How many lines of output an error carries. */
const LAST_LINES = 20

/** Causes that are told apart by what the C library says of them. */
const CAUSES: readonly { readonly pattern: RegExp; readonly code: ErrorCode }[] = [
  { pattern: /no space left on device|disk quota exceeded/i, code: 'DISK_FULL' },
]

/**
 * @param what what was done, as in `writing /etc/hosts`.
 * @returns the result, where its exit status is 0.
 * @throws QuorateError `COMMAND_FAILED`, or `DISK_FULL`, with the last lines of what it wrote.
 */
export function expectSuccess(result: CommandResult, what: string, host: Host): CommandResult {
  if (result.exitCode === 0) return result
  const output = lastLines(`${result.stdout}\n${result.stderr}`)
  const code = CAUSES.find(({ pattern }) => pattern.test(result.stderr))?.code ?? 'COMMAND_FAILED'
  const reason = result.stderr.trim().split('\n').at(-1) ?? ''
  throw new QuorateError(
    code,
    `${what} failed on ${host.name} with exit status ${result.exitCode}${reason === '' ? '' : `: ${reason}`}`,
    { host: host.name, ...(output === '' ? {} : { output }) },
  )
}

/** The last lines of a text that say something, as plain text. */
export function lastLines(text: string, count = LAST_LINES): string {
  return plainText(text)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n')
}
