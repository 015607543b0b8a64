/** Programs that tests run to completion or until they stop them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url))

/** How a program ended. */
export interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
}

/** A running program. */
export interface Running {
  readonly child: ChildProcess
  /** What it has printed so far. */
  readonly output: () => string
  readonly ended: Promise<Ended>
}

/** Starts a program, in the project's folder unless another is given. */
export function startProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  stdin: 'empty' | 'open' = 'empty',
  folder = PROJECT,
): Running {
  const startedAt = Date.now()
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  if (stdin === 'empty') child.stdin.end()
  const collected = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (collected.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (collected.stderr += chunk.toString()))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) =>
      resolve({
        ...collected,
        exitCode: code ?? (signal === null ? -1 : 128),
        durationMs: Date.now() - startedAt,
      }),
    )
  })
  return { child, output: () => collected.stdout + collected.stderr, ended }
}

/** Runs a program to completion. */
export async function runProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  folder?: string,
): Promise<Ended> {
  return startProgram(program, args, environment, 'empty', folder).ended
}

/** Runs a program that must succeed, and returns its output. */
export async function mustRun(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(program, args, environment)
  if (exitCode === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}\n${stdout}\n${stderr}`)
}
