/** A session to this machine without SSH, for tests of what scripts do once they run. */
import { spawn } from 'node:child_process'
import { readFile, removeFile, writeFile } from '../../src/ssh/run/files.js'
import type { CommandResult, Session } from '../../src/ssh/session.js'
import { aHost } from './clusters.js'
import { unconnected } from './unconnected.js'

export interface LocalSessionOptions {
  /** Variables of every command. */
  readonly environment?: Readonly<Record<string, string>>
  /** Called when a command runs and has had no input yet, as if the connection stalled. */
  readonly beforeInput?: () => Promise<void>
}

export function localSession(options: LocalSessionOptions = {}): Session {
  const session: Session = {
    host: aHost('cp1'),
    ...unconnected(),
    run: async (command, { stdin = '' } = {}) => {
      const child = spawn('sh', ['-c', command.line], { env: { ...process.env, ...options.environment } })
      const stdout: Buffer[] = []
      const stderr: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
      child.stdin.on('error', () => undefined)
      const ended = new Promise<CommandResult>((resolve) => {
        child.once('close', (exitCode, signal) => {
          const stdoutBytes = Buffer.concat(stdout)
          resolve({
            exitCode: exitCode ?? (signal === 'SIGKILL' ? 137 : 128),
            stdout: stdoutBytes.toString(),
            stderr: Buffer.concat(stderr).toString(),
            stdoutBytes,
          })
        })
      })
      await options.beforeInput?.()
      child.stdin.end(stdin)
      return ended
    },
    readFile: (path) => readFile(session, path),
    writeFile: (path, content, attributes) => writeFile(session, path, content, attributes),
    removeFile: (path) => removeFile(session, path),
  }
  return session
}
