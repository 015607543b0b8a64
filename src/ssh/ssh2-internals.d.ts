/**
 * Parts of ssh2 that its type definitions leave out. Its version is pinned, and tests against a real sshd cover each
 * part.
 */
declare module 'ssh2/lib/Channel.js' {
  import type { ClientChannel } from 'ssh2'

  /** Tells the server how much more it may send: as much as was received. */
  export function windowAdjust(channel: ClientChannel): void
}

declare module 'ssh2/lib/protocol/utils.js' {
  import type { ParsedKey } from 'ssh2'

  /** The SSH protocol of one connection. */
  export interface Protocol {
    authPK: (
      username: string,
      key: ParsedKey,
      algorithm: string | undefined,
      sign?: (signed: Buffer, send: (signature: Buffer) => void) => void,
    ) => void
    readonly _authsQueue: string[]
    readonly _packetRW: {
      readonly write: {
        readonly allocStart: number
        alloc(size: number): Buffer
        finalize(packet: Buffer): Buffer
      }
    }
  }

  const utils: {
    /** Converts a signature from OpenSSL's format to SSH's; false if it cannot be read. */
    readonly convertSignature: (signature: Buffer, keyType: string) => Buffer | false | undefined
    readonly sendPacket: (protocol: Protocol, packet: Buffer) => boolean
  }
  // eslint-disable-next-line no-restricted-syntax -- CommonJS, of which Node.js finds no names
  export default utils
}
