/**
 * Carries large files between hosts through the worker's memory, one piece at a time. A piece that is lost with its
 * connection is carried again, and nothing before it.
 */
import { QuorateError } from '../../../errors/index.js'
import { expectSuccess, script, type Session } from '../../../ssh/index.js'
import { readNumber } from '../../numbers.js'

/** Bytes of a piece: far below what a command may write or a worker should hold. */
export const PIECE = 4 * 2 ** 20

const PIECE_TIMEOUT_MS = 120_000

// $1: the file, $2: the first byte, counted from 1, $3: how many. A shell without pipefail ignores that tail is cut off.
const READ = `tail -c "+$2" -- "$1" | head -c "$3"`

/** The file from a byte on, in pieces that come only as fast as they are taken. */
export async function* piecesOf(
  session: Session,
  path: string,
  {
    bytes,
    from = 0,
    signal,
  }: { readonly bytes: number; readonly from?: number; readonly signal: AbortSignal },
): AsyncGenerator<Buffer> {
  for (let at = from; at < bytes; at += PIECE) {
    signal.throwIfAborted()
    const length = Math.min(PIECE, bytes - at)
    const result = await session.run(script(READ, path, String(at + 1), String(length)), {
      root: true,
      timeoutMs: PIECE_TIMEOUT_MS,
      signal,
    })
    const { stdoutBytes } = expectSuccess({ ...result, stdout: '' }, `reading ${path}`, session.host)
    if (stdoutBytes.length !== length) throw cutOff(session, path, at + stdoutBytes.length, bytes)
    yield stdoutBytes
  }
}

// $1: the file, $2: how many bytes it must have. What is more is of a piece whose end was lost.
const APPEND = `umask 077
touch -- "$1"
[ "$(stat -c %s -- "$1")" -ge "$2" ]
truncate -s "$2" -- "$1"
cat >>"$1"
stat -c %s -- "$1"`

const SIZE = 'stat -c %s -- "$1" 2>/dev/null || echo 0'

/**
 * Appends the rest of a file to what is there of it already.
 * @param pieces those of the whole file from a byte on.
 */
export async function appendRest(
  pieces: (from: number) => AsyncIterable<Buffer>,
  to: Session,
  path: string,
  { signal, report }: { readonly signal: AbortSignal; readonly report: (done: number) => void },
): Promise<void> {
  const looked = await to.run(script(SIZE, path), { root: true })
  const { stdout: size } = expectSuccess(looked, `looking at ${path}`, to.host)
  let at = readNumber(to, size, `the size of ${path}`)
  for await (const piece of pieces(at)) {
    const written = await to.run(script(APPEND, path, String(at)), {
      root: true,
      stdin: piece,
      timeoutMs: PIECE_TIMEOUT_MS,
      signal,
    })
    const { stdout } = expectSuccess(written, `writing ${path}`, to.host)
    at += piece.length
    const has = readNumber(to, stdout, `the size of ${path}`)
    if (has !== at) throw cutOff(to, path, has, at)
    report(at)
  }
}

function cutOff({ host }: Session, path: string, has: number, bytes: number): QuorateError {
  return new QuorateError('SNAPSHOT_FAILED', `${path} has ${has} bytes, and should have ${bytes}`, {
    host: host.name,
    step: 'etcd snapshot',
  })
}
