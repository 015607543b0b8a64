/** The CLI as a process, built as it ships (`npm run build`), not from the sources. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT, runProgram, startProgram, type Ended, type Running } from './process.js'

const PROGRAM = join(PROJECT, 'bin', 'quorate.js')
if (!existsSync(join(PROJECT, 'dist'))) throw new Error('these tests run the build: npm run build')

/** Without Temporal settings or the ssh-agent of the user who runs the tests. */
const CLEAN = { TEMPORAL_ADDRESS: '', TEMPORAL_CONFIG_FILE: '/nowhere', SSH_AUTH_SOCK: '' }

/** Runs `quorate` to completion, in `folder` if given. */
export function quorate(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  folder?: string,
): Promise<Ended> {
  return runProgram(process.execPath, [PROGRAM, ...args], { ...CLEAN, ...environment }, folder)
}

/** Starts `quorate`. */
export function startQuorate(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Running {
  return startProgram(process.execPath, [PROGRAM, ...args], { ...CLEAN, ...environment })
}

/** `quorate` on its own terminal, on which the test types. */
export interface OnTerminal extends Running {
  type(keys: string): void
}

/** Starts `quorate` on a terminal (with `script` from util-linux). */
export function startOnTerminal(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): OnTerminal {
  const words = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`)
  // A terminal without a display has no width.
  const command = `stty columns 120 rows 40; exec ${words.join(' ')}`
  const variables = { ...CLEAN, TERM: 'xterm', CI: '', ...environment }
  const running = startProgram('script', ['-qefc', command, '/dev/null'], variables, 'open')
  return { ...running, type: (keys) => void running.child.stdin?.write(keys) }
}
