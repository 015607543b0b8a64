/**
 * A stream through a command on the host, for hosts that do not forward. It takes up a session for as long as it is
 * open.
 */
import { PassThrough } from 'node:stream'
import type { Endpoint, Host } from '../../cluster/model.js'
import { BASH } from './bash.js'
import { script } from './command.js'
import type { Execution, ExecutionEnd } from './execute.js'
import { expectPrograms } from './missing-program.js'
import { CommandFrame } from './frame.js'
import { HostStream } from './host-stream.js'
import { remoteLine } from './remote-line.js'
import { withoutOutcome } from './without-outcome.js'
import type { StreamOpening } from '../session.js'

/**
 * $1 and $2: the server; $3: after how many seconds an attempt to connect ends. Writes an empty line once it is
 * connected. When one side closes, everything ends.
 */
const PIPE = `exec ${BASH} '
exec 4<&0
(sleep "$2"; kill $$) >/dev/null 2>&1 4<&- </dev/null &
exec 3<>"/dev/tcp/$0/$1" || exit 1
kill $!
wait $!
echo
cat <&3 &
cat <&4 >&3 &
wait -n
kill $(jobs -p)
' "$1" "$2" "$3"`

/** Milliseconds that the command has to end by itself once nobody needs it any more. */
const LINGER_MS = 2_000

const CONNECTED = '\n'.charCodeAt(0)

/** Runs an execution on the host's connection. */
export type Run = (execution: Execution) => Promise<ExecutionEnd>

/**
 * Opens a stream through bash on the host.
 * @param timeoutMs milliseconds until the attempt to connect ends.
 * @throws QuorateError as {@link Session.run} does; the signal's reason.
 */
export function openPipe(
  run: Run,
  host: Host,
  endpoint: Endpoint,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<StreamOpening> {
  signal?.throwIfAborted()
  const input = new PassThrough()
  const abandoned = new AbortController()
  const close = () => {
    input.end()
    setTimeout(() => abandoned.abort(), LINGER_MS).unref()
  }
  const write = (chunk: Buffer, sent: () => void) => void input.write(chunk, sent)
  const stream = new HostStream({ write, resume: () => undefined, close }, false)
  return new Promise((resolve, reject) => {
    const abandon = () => {
      abandoned.abort()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abandon, { once: true })
    let isConnected = false
    const take = (chunk: Buffer) => {
      if (!isConnected && chunk[0] === CONNECTED) {
        isConnected = true
        signal?.removeEventListener('abort', abandon)
        resolve({ stream })
        if (chunk.length > 1) stream.receive(chunk.subarray(1))
      } else if (isConnected) stream.receive(chunk)
    }
    const frame = new CommandFrame('login-user', { onStream: take })
    const line = script(PIPE, endpoint.host, String(endpoint.port), String(timeoutMs / 1000))
    const execution: Execution = {
      line: remoteLine(line, 'login-user', frame.token, true),
      frame,
      stdin: input,
      timeoutMs: Infinity,
      signal: abandoned.signal,
    }
    const ended = (end: ExecutionEnd) => {
      signal?.removeEventListener('abort', abandon)
      if (end.kind === 'exited') {
        if (!isConnected) expectPrograms(end.exitCode, frame.stderr.toString(), host.name)
        stream.push(null)
        resolve({ unreached: reason(frame) })
        return
      }
      const lost = withoutOutcome(end, { host, frame, throughSudo: false, timeoutMs: Infinity })
      stream.destroy(lost)
      reject(lost)
    }
    run(execution)
      .then(ended)
      .catch((error: unknown) => {
        stream.destroy()
        reject(error instanceof Error ? error : new Error(String(error)))
      })
  })
}

/** Why bash did not connect, in the words of the host's system. */
function reason(frame: CommandFrame): string {
  const [first = ''] = frame.stderr.toString().split('\n')
  const said = first.slice(first.lastIndexOf(': ') + 1).trim()
  return said === '' ? 'it got no answer in time' : said
}
