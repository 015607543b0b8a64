/**
 * Reads what an SSH server sends, packet by packet. Until new keys are in use the packets are in the clear; afterwards
 * aes128-gcm leaves their lengths visible. That is enough to cut a connection at a stage of the protocol without guessing.
 */

/** Where a connection is cut: after the stage has begun, and before its end. */
export const SSH_STAGES = ['handshake', 'authentication', 'channel-open', 'output', 'exit-status'] as const
export type SshStage = (typeof SSH_STAGES)[number]

/** One packet of the server, or its banner. */
export interface ServerPacket {
  readonly bytes: Buffer
  /** Message number, as long as packets are in the clear. */
  readonly message?: number
  /** How many encrypted packets came before; undefined in the clear. */
  readonly index?: number
  /** Length that the packet itself gives; 0 for the banner. */
  readonly length: number
}

const NEW_KEYS = 21
/** A tag of 16 bytes follows each packet of AES-GCM. */
const TAG = 16

/** Divides a server's stream into packets. */
export class PacketReader {
  private pending = Buffer.alloc(0)
  private phase: 'banner' | 'clear' | 'encrypted' = 'banner'
  private count = 0

  read(chunk: Buffer): ServerPacket[] {
    this.pending = Buffer.concat([this.pending, chunk])
    const packets: ServerPacket[] = []
    for (;;) {
      const packet = this.next()
      if (packet === undefined) return packets
      this.pending = this.pending.subarray(packet.bytes.length)
      packets.push(packet)
    }
  }

  private next(): ServerPacket | undefined {
    const { pending } = this
    if (this.phase === 'banner') {
      const end = pending.indexOf('\n')
      if (end < 0) return undefined
      this.phase = 'clear'
      return { bytes: pending.subarray(0, end + 1), length: 0 }
    }
    if (pending.length < 4) return undefined
    const length = pending.readUInt32BE(0)
    const size = 4 + length + (this.phase === 'encrypted' ? TAG : 0)
    if (pending.length < size) return undefined
    const bytes = pending.subarray(0, size)
    if (this.phase === 'encrypted') {
      this.count += 1
      return { bytes, length, index: this.count - 1 }
    }
    const message = bytes[5] ?? 0
    if (message === NEW_KEYS) this.phase = 'encrypted'
    return { bytes, length, message }
  }
}

/** What a real connection taught about the packets. Indices count from the first encrypted packet. */
export interface Calibration {
  /** The packets of the login are those before this one. */
  readonly ready: number
  /** The packet that shows that the first command begins. */
  readonly output: number
  readonly exitStatusLength: number
  readonly closeLength: number
}

/** KEXINIT. */
const KEX_INIT = 20

/** What happens to a packet: `pass` it on, `hold` it until the next, or `cut`, with or without its first half. */
export type Verdict = 'pass' | 'hold' | 'cut' | 'cut-in-half'

/** Decides at each packet of one connection whether it is the one at which the stage is cut. */
export function cutAt(stage: SshStage, { ready, output, exitStatusLength, closeLength }: Calibration) {
  const cutInHalf: Partial<Record<SshStage, (packet: ServerPacket) => boolean>> = {
    handshake: ({ message }) => message !== undefined && message !== KEX_INIT,
    authentication: ({ index }) => index === Math.floor(ready / 2),
    output: ({ index }) => index === output,
  }
  return (packet: ServerPacket, held: ServerPacket | undefined): Verdict => {
    const { index = -1, length } = packet
    if (cutInHalf[stage]?.(packet) === true) return 'cut-in-half'
    if (stage === 'channel-open' && index === ready) return 'cut'
    if (stage !== 'exit-status' || index < output) return 'pass'
    // Of the server's packets, only the exit status has this length and a closing packet after it.
    if (held !== undefined && length === closeLength) return 'cut'
    return length === exitStatusLength ? 'hold' : 'pass'
  }
}
