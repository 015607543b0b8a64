/** Turns the result of a command that had to succeed into an error if it did not. */
import type { Host } from '../../cluster/model.js'
import { QuorateError, type ErrorCode } from '../../errors/index.js'
import { plainText } from '../../values/plain-text.js'
import type { CommandResult } from '../session.js'

/** How many lines of output an error carries. */
const LAST_LINES = 20

/** Causes that are recognised by the C library's messages. */
const CAUSES: readonly { readonly pattern: RegExp; readonly code: ErrorCode }[] = [
  { pattern: /no space left on device|disk quota exceeded/i, code: 'DISK_FULL' },
]

/**
 * @param what describes what was done, e.g. `writing /etc/hosts`.
 * @returns the result, if its exit status is 0.
 * @throws QuorateError `COMMAND_FAILED` or `DISK_FULL`, with the last lines of the output.
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

/** The last lines of a text that are not blank, as plain text. */
export function lastLines(text: string, count = LAST_LINES): string {
  return plainText(text)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n')
}

/** The last line of a log that tells of a failure; empty if none does. */
export function failureIn(log: string): string {
  return log.split('\n').findLast((line) => /error|fatal|unknown|invalid|fail/i.test(line)) ?? ''
}
