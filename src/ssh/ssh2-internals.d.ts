/** Parts of ssh2 that its types leave out; its version is pinned, and tests against a real sshd hold each. */
declare module 'ssh2/lib/Channel.js' {
  import type { ClientChannel } from 'ssh2'

  /** Tells the server how much more the channel takes: as much as was received. */
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
    /** A signature as SSH has it, from one as OpenSSL makes it; false where it cannot be read. */
    convertSignature(signature: Buffer, keyType: string): Buffer | false | undefined
    sendPacket(protocol: Protocol, packet: Buffer): boolean
  }
  export default utils
}
