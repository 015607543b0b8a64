/** What ssh2 says of peers that speak, but not as sshd does. */

interface Peculiarity {
  readonly pattern: RegExp
  readonly reason: string
  readonly hint: string
}

/** Sources: `parseHeader` of ssh2's Protocol.js, and the decipherers of its crypto.js. */
const PECULIARITIES: readonly Peculiarity[] = [
  {
    pattern: /Max greeting lines|Header line too long|Invalid header|Invalid identification/,
    reason: 'it answers, but not as an SSH server does',
    hint: 'check that the address and port are those of sshd on your host: something else listens there',
  },
  {
    pattern: /^Bad packet length$/,
    reason: 'it sent a packet that is too large',
    hint: "if Banner in the host's sshd_config names a file of more than 32 KiB, shorten it, or set `Banner none`",
  },
]

/** Why the connection was closed, if it was for something that no usual sshd does. */
export function unlikeSshd(messages: readonly string[]): Omit<Peculiarity, 'pattern'> | undefined {
  return PECULIARITIES.find(({ pattern }) => messages.some((message) => pattern.test(message)))
}
