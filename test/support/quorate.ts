/** The CLI as a process, as it ships: the build (`npm run build`), not the sources. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT, runProgram, startProgram, type Ended, type Running } from './process.js'

const PROGRAM = join(PROJECT, 'bin', 'quorate.js')
if (!existsSync(join(PROJECT, 'dist'))) throw new Error('these tests run the build: npm run build')

/** No Temporal settings and no agent of whoever runs the tests. */
const CLEAN = { TEMPORAL_ADDRESS: '', TEMPORAL_CONFIG_FILE: '/nowhere', SSH_AUTH_SOCK: '' }

/** Runs `quorate` to its end, in `folder` where that is given. */
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

/** `quorate` on a terminal of its own, which the test types on. */
export interface OnTerminal extends Running {
  type(keys: string): void
}

/** Starts `quorate` on a terminal (by `script` of util-linux). */
export function startOnTerminal(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): OnTerminal {
  const words = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`)
  // A terminal that nobody looks at has no width of its own.
  const command = `stty columns 120 rows 40; exec ${words.join(' ')}`
  const variables = { ...CLEAN, TERM: 'xterm', CI: '', ...environment }
  const running = startProgram('script', ['-qefc', command, '/dev/null'], variables, 'open')
  return { ...running, type: (keys) => void running.child.stdin?.write(keys) }
}
