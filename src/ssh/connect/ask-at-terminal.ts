/**
 * Asks for passwords at the terminal of a worker that runs in the foreground. Nothing of them is shown or stored here.
 */
import { QuorateError } from '../../errors/index.js'
import type { AskSecret } from './secrets.js'

/** Asks one question at a time; undefined if there is no terminal. */
export function askAtTerminal(): AskSecret | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  let earlier: Promise<unknown> = Promise.resolve()
  return (what) => {
    const answer = earlier.then(() => question(what))
    earlier = answer.catch(() => undefined)
    return answer
  }
}

async function question(what: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts')
  // Standard output carries the worker's log.
  const answer = await password({ message: what, output: process.stderr })
  if (isCancel(answer) || answer === '') throw new QuorateError('SECRET_NEEDED', `no ${what} was given`)
  return answer
}
