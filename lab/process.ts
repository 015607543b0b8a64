/** Runs programs of this machine for the lab: with their output kept, shown on failure, or passed through. */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

export interface RunOptions {
  readonly cwd?: string
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Standard output and error are also appended to this file. */
  readonly logFile?: string
  /** Exit statuses other than 0 are given back instead of thrown. */
  readonly allowFailure?: boolean
  readonly timeoutMs?: number
}

export interface RunResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Lines of output that an error message carries at most. */
const SHOWN_LINES = 15

/** Runs a program to its end. Throws with the end of its output when it fails, unless `allowFailure` is set. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs,
    stdio: 'pipe',
  })
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' })
  const collected = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      collected[stream] += text
      log?.write(text)
    })
  }
  // A program that ends without reading its input is judged by its status, not by the broken pipe.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const status = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? -1))
  })
  log?.end()
  if (log !== undefined) await finished(log)
  if (status !== 0 && options.allowFailure !== true) {
    throw new Error(failureText(program, args, status, collected.stderr || collected.stdout, options.logFile))
  }
  return { status, ...collected }
}

/** Runs a program and gives its standard output without surrounding white space. */
export async function output(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return (await run(program, args, options)).stdout.trim()
}

/** Runs a program with this terminal's input and output; gives its exit status. */
export async function passThrough(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 255))
  })
}

function failureText(
  program: string,
  args: readonly string[],
  status: number,
  text: string,
  logFile: string | undefined,
): string {
  const shown = text.trim().split('\n').slice(-SHOWN_LINES).join('\n  ')
  const where = logFile === undefined ? '' : ` (everything it said: ${logFile})`
  return `${program} ${args.slice(0, 4).join(' ')} … ended with status ${status}${where}\n  ${shown}`
}
