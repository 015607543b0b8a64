/**
 * Finds out what is behind an endpoint with nothing but what every host has: opens a connection with bash, sends the
 * beginning of a TLS handshake over it, and looks at what comes back.
 */
import type { Endpoint } from '../../cluster/model.js'
import { BASH, script, type Session } from '../../ssh/index.js'
import { ASK_PORT, type PortOutcome } from '../tcp-port.js'

/** What a connection met. */
export type Answer =
  /** The name has no address on this host. */
  | 'name-not-resolved'
  | Exclude<PortOutcome, 'open'>
  /** Accepted and closed again, as by a balancer that has no control plane to forward it to. */
  | 'closed'
  /** Accepted, then nothing, as by a balancer that waits for a control plane without answering. */
  | 'silent'
  /** Something that does not speak TLS. */
  | 'not-tls'
  /** A certificate that is not an API server's: that of a web server, or of a balancer that terminates TLS itself. */
  | 'other-certificate'
  /** TLS whose certificate comes encrypted: version 1.3 only. */
  | 'tls'
  | 'api-server'

/** What a plain connection met, with nothing sent over it. */
export type Reach = PortOutcome | 'name-not-resolved'

// $1: host, $2: port, $3: what to send, for printf (empty: nothing), $4: how to say goodbye. Prints one of the words
// above. If something was sent, also prints whether it was answered (124: not within 4 s) and what came back, in
// hexadecimal. A server that is told goodbye closes after its answer, so that its end is seen, however slow the host
// is.
const CONNECT = `
export LC_ALL=C
${ASK_PORT}
case "$1" in
  *:*) ;;
  *[!0-9.]*) getent ahosts "$1" >/dev/null || { echo name-not-resolved; exit 0; } ;;
esac
outcome=$(ask_port "$1" "$2" 3)
echo "$outcome"
if [ "$outcome" != open ] || [ -z "$3" ]; then exit 0; fi
timeout 8 ${BASH} '
  exec 3<>"/dev/tcp/$0/$1" || exit 0
  printf "$2" >&3
  first=$(timeout 4 head -c 1 <&3 | od -An -v -tx1; exit "\${PIPESTATUS[0]}")
  echo "$?"
  echo "$first"
  [ -n "$first" ] || exit 0
  trap "" PIPE
  printf "$3" >&3
  timeout 3 head -c 6000 <&3 | od -An -v -tx1' "$1" "$2" "$3" "$4" 2>/dev/null || true`

/** Whether the port can be reached; sends nothing over the connection. */
export async function reach(session: Session, target: Endpoint): Promise<Reach> {
  const { stdout } = await session.run(script(CONNECT, target.host, String(target.port), '', ''))
  return stdout.trim() as Reach
}

/** Connects, begins a TLS handshake, and tells what answers. */
export async function answerOf(session: Session, target: Endpoint): Promise<Answer> {
  const { stdout } = await session.run(
    script(CONNECT, target.host, String(target.port), CLIENT_HELLO, FATAL_ALERT),
  )
  const [reached = '', ended = '', ...said] = stdout.split('\n')
  if (reached !== 'open') return reached as Exclude<Reach, 'open'>
  const hex = said.join('').replaceAll(/\s/g, '')
  return readAnswer(Buffer.from(hex, 'hex'), ended === TIMED_OUT)
}

/** The exit status of `timeout` for a command that it ended. */
const TIMED_OUT = '124'

/** What an answer to the beginning of a TLS handshake shows. */
export function readAnswer(bytes: Buffer, wasSilent: boolean): Answer {
  if (bytes.length === 0) return wasSilent ? 'silent' : 'closed'
  const [type] = bytes
  if (type === ALERT) return 'tls'
  if (type !== HANDSHAKE || (bytes.length > 1 && bytes[1] !== 3)) return 'not-tls'
  if (bytes.includes(API_SERVER_NAME)) return 'api-server'
  return isCut(bytes) ? 'silent' : 'other-certificate'
}

/** Whether an answer stops in the middle of a record: a machine under load had not sent the rest when it was read. */
function isCut(bytes: Buffer): boolean {
  let at = 0
  while (at + RECORD_HEADER <= bytes.length) at += RECORD_HEADER + bytes.readUInt16BE(at + 3)
  return at !== bytes.length && bytes.length < READ_AT_MOST
}

const RECORD_HEADER = 5
/** How many bytes are read: the first one, and at most 6000 after it. */
const READ_AT_MOST = 6001

const ALERT = 0x15
const HANDSHAKE = 0x16

/** Every API server's certificate is for this name, even one that did not come from kubeadm: pods use it. */
const API_SERVER_NAME = 'kubernetes.default.svc'

/** How a client says goodbye in the middle of a handshake: a fatal alert, cancelled by the user. */
const FATAL_ALERT = escaped(Buffer.from([ALERT, 3, 3, 0, 2, 2, 90]))

// TLS 1.2, since there the server's certificate comes back unencrypted. The handshake ends there: no key is ever agreed
// upon.
const CLIENT_HELLO = escaped(clientHello())

function clientHello(): Buffer {
  const suites = [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8]
  const signatures = [0x0403, 0x0804, 0x0401, 0x0807, 0x0503, 0x0805]
  const extensions = [
    extension(0x000a, counted(2, words(0x001d, 0x0017))),
    extension(0x000b, counted(1, Buffer.from([0]))),
    extension(0x000d, counted(2, words(...signatures))),
  ]
  const body = Buffer.concat([
    words(0x0303),
    // Instead of random bytes: the key that they would protect is never agreed upon.
    Buffer.alloc(32, 'quorate'),
    counted(1, Buffer.alloc(0)),
    counted(2, words(...suites)),
    counted(1, Buffer.from([0])),
    counted(2, Buffer.concat(extensions)),
  ])
  const handshake = Buffer.concat([Buffer.from([1]), counted(3, body)])
  return Buffer.concat([Buffer.from([HANDSHAKE, 3, 1]), counted(2, handshake)])
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([words(type), counted(2, content)])
}

/** The content, preceded by its length in `lengthBytes` bytes. */
function counted(lengthBytes: number, content: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntBE(content.length, 0, lengthBytes)
  return Buffer.concat([length, content])
}

function words(...values: readonly number[]): Buffer {
  return Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]))
}

/** The bytes as escapes for the format of bash's printf. */
function escaped(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
