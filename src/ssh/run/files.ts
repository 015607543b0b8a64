/**
 * Reads, writes and removes small files as root, in one round trip each. Content goes over standard input and output
 * only, never in arguments.
 */
import { createHash } from 'node:crypto'
import { script } from './command.js'
import { expectSuccess } from './expect.js'
import { FENCE } from './fence-script.js'
import type { FileAttributes, Session } from '../session.js'

/** The exit status of our scripts when there is no such file; EX_NOINPUT of sysexits.h. */
const ABSENT = 66

/** The exit status of our script when the file needed no change. */
const UNCHANGED = 3

/** Allows for large files over slow links: a minute more than a command gets by default. */
const TRANSFER_TIMEOUT_MS = 90_000

const READ = `
[ -e "$1" ] || [ -L "$1" ] || exit ${ABSENT}
exec cat -- "$1"
`

const REMOVE = `
[ -e "$1" ] || [ -L "$1" ] || exit ${ABSENT}
rm -f -- "$1"
sync -- "$(dirname -- "$1")"
`

// Arguments: path, mode in octal, user:group, SHA-256 of the content. A cut connection looks like the end of the
// content, so the digest is compared before the file is put in place. Nobody is left to read the error message then;
// failing to write it must not end the script before it has cleaned up.
const WRITE = `${FENCE}
path=$1 mode=$2 owner=$3 digest=$4
digest_of() { sha256sum <"$1" | cut -d " " -f 1; }
if [ -f "$path" ] && [ ! -L "$path" ]; then
  case $(stat -c "%a %U:%G,%a %u:%g" -- "$path") in
    "$mode $owner",* | *,"$mode $owner") [ "$(digest_of "$path")" != "$digest" ] || exit ${UNCHANGED} ;;
  esac
fi
folder=$(dirname -- "$path")
(umask 022 && mkdir -p -- "$folder")
temporary=$(mktemp -- "$folder/.quorate.XXXXXXXX")
trap "rm -f -- \\"\\$temporary\\"" EXIT
trap "" HUP PIPE
cat >"$temporary"
if [ "$(digest_of "$temporary")" != "$digest" ]; then
  echo "the content did not arrive whole" >&2
  exit 1
fi
chown -- "$owner" "$temporary"
chmod -- "$mode" "$temporary"
sync -- "$temporary"
fence
mv -fT -- "$temporary" "$path"
sync -- "$folder"
`

/** The content of a file; undefined when there is none. */
export async function readFile(session: Session, path: string): Promise<Buffer | undefined> {
  const result = await session.run(script(READ, path), { root: true, timeoutMs: TRANSFER_TIMEOUT_MS })
  if (result.exitCode === ABSENT) return undefined
  // The content stays out of the error: it may be a secret.
  return expectSuccess({ ...result, stdout: '' }, `reading ${path}`, session.host).stdoutBytes
}

/** Writes a file whole or not at all; false when nothing had to be written. */
export async function writeFile(
  session: Session,
  path: string,
  content: string | Buffer,
  attributes: FileAttributes,
): Promise<boolean> {
  const digest = createHash('sha256').update(content).digest('hex')
  const mode = attributes.mode.toString(8)
  const command = script(WRITE, path, mode, attributes.owner ?? 'root:root', digest)
  const result = await session.run(command, { root: true, stdin: content, timeoutMs: TRANSFER_TIMEOUT_MS })
  if (result.exitCode === UNCHANGED) return false
  expectSuccess(result, `writing ${path}`, session.host)
  return true
}

/** Removes a file; false when there was none. */
export async function removeFile(session: Session, path: string): Promise<boolean> {
  const result = await session.run(script(REMOVE, path), { root: true })
  if (result.exitCode === ABSENT) return false
  expectSuccess(result, `removing ${path}`, session.host)
  return true
}
