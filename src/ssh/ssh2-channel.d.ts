/** A part of ssh2 that its types leave out. */
declare module 'ssh2/lib/Channel.js' {
  import type { ClientChannel } from 'ssh2'

  /** Tells the server how much more the channel takes: as much as was received. */
  export function windowAdjust(channel: ClientChannel): void
}
