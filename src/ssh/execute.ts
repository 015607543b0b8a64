/** Runs one command on a channel of its own and tells what is known of its end. */
import { constants } from 'node:os'
import type { Client, ClientChannel } from 'ssh2'
import type { SudoDialogue } from './sudo-dialogue.js'

/** What to run and how long to wait for it. */
export interface Execution {
  readonly line: string
  readonly stdin: string | Buffer
  /** Milliseconds; `Infinity` waits for ever. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Takes standard output as it comes, in place of its being collected. */
  readonly onStdout?: (chunk: Buffer) => void
  /** Holds the input back until sudo has let the command in. */
  readonly sudo?: SudoDialogue
}

/** Only `exited` is an outcome of the command; after `lost` and `timeout` its fate is unknown. */
export type ExecutionEnd =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly stdout: Buffer; readonly stderr: Buffer }
  | {
      readonly kind: 'lost'
      /** Name of the jump host whose connection was lost with it. */
      readonly jumpHost?: string
    }
  | { readonly kind: 'timeout' }
  /** The server opened no channel, or ran nothing in it. */
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Runs a command over a connection.
 * @param connected tells whether the connection still stands: a channel that ends with its connection may carry an
 *   exit status and yet have lost output.
 * @throws the reason of the signal when it is aborted.
 */
export function execute(
  client: Client,
  execution: Execution,
  connected: () => boolean,
): Promise<ExecutionEnd> {
  const { signal } = execution
  return new Promise((resolve, reject) => {
    let channel: ClientChannel | undefined
    let settled = false
    const settle = (action: () => void) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      action()
    }
    const abandon = (action: () => void) =>
      settle(() => {
        channel?.close()
        action()
      })
    const abort = () => abandon(() => reject(signal?.reason as Error))
    const timer = Number.isFinite(execution.timeoutMs)
      ? setTimeout(() => abandon(() => resolve({ kind: 'timeout' })), execution.timeoutMs)
      : undefined
    signal?.addEventListener('abort', abort, { once: true })
    try {
      client.exec(execution.line, (error, opened) => {
        if (error !== undefined) {
          settle(() => resolve(connected() ? { kind: 'refused', reason: error.message } : { kind: 'lost' }))
        } else if (settled) {
          opened.close()
        } else {
          channel = opened
          void finish(opened, execution, connected).then((end) => settle(() => resolve(end)))
        }
      })
    } catch {
      settle(() => resolve({ kind: 'lost' }))
    }
  })
}

async function finish(
  channel: ClientChannel,
  execution: Execution,
  connected: () => boolean,
): Promise<ExecutionEnd> {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  channel.on('data', execution.onStdout ?? ((chunk: Buffer) => stdout.push(chunk)))
  channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A command that ends without reading its input closes the channel under our writing; that is no failure.
  channel.on('error', () => undefined)
  const closed = Promise.all([
    new Promise<number | undefined>((resolve) => {
      channel.once('close', (code: number | null | undefined, signalName?: string) =>
        resolve(exitCode(code, signalName)),
      )
    }),
    new Promise((resolve) => channel.stderr.once('close', resolve)),
  ])
  sendInput(channel, execution)
  const [code] = await closed
  if (code === undefined || !connected()) return { kind: 'lost' }
  return { kind: 'exited', exitCode: code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
}

function sendInput(channel: ClientChannel, { sudo, stdin }: Execution): void {
  if (sudo === undefined) {
    channel.end(stdin)
    return
  }
  channel.stderr.on('data', (chunk: Buffer) => {
    if (sudo.isRoot || sudo.isRefused) return
    const answer = sudo.read(chunk)
    if (answer === 'send-password') channel.write(`${sudo.password}\n`)
    else if (answer === 'send-input') channel.end(stdin)
    else if (answer === 'give-up') channel.end()
  })
}

/** The numeric status: as a shell would report it for a command that a signal ended. */
function exitCode(code: number | null | undefined, signalName: string | undefined): number | undefined {
  if (typeof code === 'number') return code
  if (signalName === undefined) return undefined
  const number = (constants.signals as Readonly<Record<string, number | undefined>>)[signalName]
  return number === undefined ? undefined : 128 + number
}
