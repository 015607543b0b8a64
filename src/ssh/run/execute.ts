/** Runs one command on a channel of its own and reports what is known about how it ended. */
import type { Readable } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import { windowAdjust } from 'ssh2/lib/Channel.js'
import type { CommandFrame } from './frame.js'
import type { OutputStream } from './output-limits.js'
import type { SudoDialogue } from './sudo-dialogue.js'

/** What to run and how long to wait for it. */
export interface Execution {
  readonly line: string
  /** Receives the output of the line; made for this line only. */
  readonly frame: CommandFrame
  /** A stream is read only once the command has a channel. Unless it is empty, the line expects it (remote-line.ts). */
  readonly stdin: Buffer | Readable
  /** Milliseconds; `Infinity` waits forever once the command has begun. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Holds back the input until sudo has started the command. */
  readonly sudo?: SudoDialogue
}

/**
 * Only `exited` is an outcome of the command. After `lost`, `killed`, `timeout` and `too-large` its fate is unknown.
 */
export type ExecutionEnd =
  | {
      readonly kind: 'exited'
      readonly exitCode: number
      /** Whether the server kept the channel open although the command had ended. */
      readonly isHeld: boolean
    }
  | {
      readonly kind: 'lost'
      /** Name of the jump host, if the connection to it was lost as well. */
      readonly jumpHost?: string
    }
  /** The shell around the command was killed, but the connection is still up. */
  | { readonly kind: 'killed' }
  | { readonly kind: 'timeout' }
  /** The command wrote more than the limit and was abandoned. */
  | { readonly kind: 'too-large'; readonly stream: OutputStream }
  /** Something else ran in place of the command, and ended. */
  | { readonly kind: 'not-run'; readonly exitCode: number }
  /** The server opened no channel, or ran nothing in it. */
  | { readonly kind: 'refused'; readonly reason: string; readonly opened: boolean }

/** Milliseconds within which a command without a timeout must still begin. */
const BEGIN_MS = 60_000

/** Milliseconds for which a channel may stay open after its command has ended: a wrapper may go on for much longer. */
const LINGER_MS = 2_000

/** The connection that carries a command. */
export interface Carrier {
  readonly client: Client
  /** Whether the connection is still up. */
  readonly connected: () => boolean
  /** Whether it leads through a jump host. */
  readonly throughJumpHost: boolean
}

/**
 * Runs a command over a connection.
 * @throws the reason of the signal when it is aborted.
 */
export function execute(carrier: Carrier, execution: Execution): Promise<ExecutionEnd> {
  const { client, connected } = carrier
  const { signal, frame, timeoutMs } = execution
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
    const expire = () => {
      const { exitCode } = frame
      if (exitCode !== undefined) abandon(() => resolve({ kind: 'exited', exitCode, isHeld: true }))
      else if (Number.isFinite(timeoutMs) || !frame.hasBegun) abandon(() => resolve({ kind: 'timeout' }))
    }
    let timer = setTimeout(expire, Number.isFinite(timeoutMs) ? timeoutMs : BEGIN_MS)
    const ended = () => {
      if (settled) return
      clearTimeout(timer)
      timer = setTimeout(expire, LINGER_MS)
    }
    const overflowed = (stream: OutputStream) => abandon(() => resolve({ kind: 'too-large', stream }))
    signal?.addEventListener('abort', abort, { once: true })
    try {
      client.exec(execution.line, (error, opened) => {
        if (error !== undefined) {
          settle(() => resolve(connected() ? refused(error) : { kind: 'lost' }))
        } else if (settled) {
          opened.close()
        } else {
          channel = opened
          void finish(opened, carrier, execution, { ended, overflowed }).then((end) =>
            settle(() => resolve(end)),
          )
        }
      })
    } catch {
      settle(() => resolve({ kind: 'lost' }))
    }
  })
}

/** @param error has a `reason` from ssh2 if the channel itself was refused. */
function refused(error: Error & { readonly reason?: unknown }): ExecutionEnd {
  return { kind: 'refused', reason: error.message, opened: error.reason === undefined }
}

/** What becomes known before the channel is closed. */
interface Meanwhile {
  /** Called once, when the command has ended and all its output has arrived. */
  readonly ended: () => void
  /** Called when the command writes more than the limit. */
  readonly overflowed: (stream: OutputStream) => void
}

async function finish(
  channel: ClientChannel,
  { connected, throughJumpHost }: Carrier,
  execution: Execution,
  { ended, overflowed }: Meanwhile,
): Promise<ExecutionEnd> {
  const { frame } = execution
  let hasEnded = false
  const taken = () => {
    if (hasEnded) return
    if (frame.overflow !== undefined) {
      overflowed(frame.overflow)
      return
    }
    hasEnded = frame.exitCode !== undefined
    if (hasEnded) ended()
    // OpenSSH leaves Nagle's algorithm on where it only forwards. Unless something is sent back, the next output waits
    // 40 ms for a delayed acknowledgement.
    else if (throughJumpHost) windowAdjust(channel)
  }
  channel.on('data', (chunk: Buffer) => {
    frame.takeStdout(chunk)
    taken()
  })
  channel.stderr.on('data', (chunk: Buffer) => {
    frame.takeStderr(chunk)
    taken()
  })
  // A command that ends without reading its input closes the channel while we still write; that is not a failure.
  channel.on('error', () => undefined)
  const closed = Promise.all([
    new Promise<number | null | undefined>((resolve) => {
      channel.once('close', (code: number | null | undefined) => resolve(code))
    }),
    new Promise((resolve) => channel.stderr.once('close', resolve)),
  ])
  sendInput(channel, execution)
  const [code] = await closed
  frame.end()
  // The exit status counts even if the connection was lost right after it: nothing can be missing before the last mark.
  if (frame.exitCode !== undefined) return { kind: 'exited', exitCode: frame.exitCode, isHeld: false }
  if (!connected()) return { kind: 'lost' }
  if (frame.hasBegun && !frame.isMangled) return { kind: 'killed' }
  return typeof code === 'number' ? { kind: 'not-run', exitCode: code } : { kind: 'lost' }
}

function sendInput(channel: ClientChannel, { sudo, stdin, frame }: Execution): void {
  const beginning = Buffer.from(`${frame.token}\n`)
  if (!Buffer.isBuffer(stdin)) {
    channel.write(beginning)
    stdin.pipe(channel)
    return
  }
  const hasInput = stdin.length > 0
  if (sudo === undefined) {
    // In one piece: a second small one would wait for a delayed acknowledgement of the first.
    channel.end(hasInput ? Buffer.concat([beginning, stdin]) : stdin)
    return
  }
  if (hasInput) channel.write(beginning)
  channel.stderr.on('data', () => sudo.answer(channel, frame.hasBegun, stdin))
}
