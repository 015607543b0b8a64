/**
 * The pages of Temporal's UI. Only a server of the Temporal CLI has them, so we run a throwaway one, in memory and
 * without any of our data. Our own api.ts answers what the pages ask for, from the real server.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { platform, tmpdir } from 'node:os'
import { QuorateError } from '../errors/index.js'
import { serverEnvironment } from '../engine/environment.js'
import { isOwnListener } from '../engine/listening.js'
import { freePort } from '../engine/ports.js'
import { usableTemporalCli } from '../engine/temporal-cli.js'
import { poll } from '../temporal/poll.js'

const READY_TIMEOUT_MS = 60_000
const POLL_MS = 100
const LOG_LIMIT = 4_096

/**
 * Runs the program until the pipe on standard input closes, which it does however we end. Without this, the server
 * would outlive a kill of this process.
 */
const WHILE_WE_LIVE = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ cat <&3 >/dev/null; kill "$server" 2>/dev/null; } &
wait "$server"
`

/** A running server of the pages. */
export interface UiAssets {
  /** Its URL, for this process only. */
  readonly url: string
  /** Resolves with its last words when it ends by itself. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

/**
 * Starts the server and waits until it answers.
 * @throws QuorateError `TEMPORAL_CLI_MISSING`, `TEMPORAL_CLI_OUTDATED`, `ENGINE_FAILED`.
 */
export async function startAssets(): Promise<UiAssets> {
  const program = await usableTemporalCli()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(
    'sh',
    ['-c', WHILE_WE_LIVE, 'sh', program, ...serverArguments(port, await freePort())],
    {
      cwd: tmpdir(),
      env: serverEnvironment(),
      // Its own process group: Ctrl-C reaches only us, and we then end it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  const said = collect(child)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', () => resolve(said()))
  })
  const close = async (): Promise<void> => {
    child.stdin.destroy()
    await ended
  }
  const ready = await Promise.race([
    ended.then(() => false),
    poll(async () => (isOurs(port) && (await answers(url)) ? true : undefined), {
      everyMs: POLL_MS,
      timeoutMs: READY_TIMEOUT_MS,
    }),
  ])
  if (ready === true) return { url, ended, close }
  await close()
  throw new QuorateError('ENGINE_FAILED', "the server of the UI's pages did not start", { output: said() })
}

function serverArguments(uiPort: number, port: number): string[] {
  // A host name that nobody knows closes its own HTTP interface.
  const closed = `frontend.httpAllowedHosts=["${randomBytes(16).toString('hex')}.invalid"]`
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
    ...['--dynamic-config-value', closed, '--ui-disable-news-fetch', '--log-level', 'error'],
  ]
}

/**
 * Whether our server holds the port, and nobody else took it first: the operator would see their pages, with the
 * operator's login. Nothing is sent there before that is known.
 */
function isOurs(port: number): boolean {
  return platform() !== 'linux' || isOwnListener(port)
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api/v1/settings`)).ok
  } catch {
    return false
  }
}

function collect(child: ChildProcess): () => string {
  let text = ''
  const add = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-LOG_LIMIT)
  }
  child.stdout?.on('data', add)
  child.stderr?.on('data', add)
  return () => text.trim()
}
