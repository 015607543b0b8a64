/** How hosts are reached over SSH, as the cluster file and the ssh configuration say it together. */

/** How to treat unknown host keys. A changed key is refused in every mode. */
export type HostKeyChecking = 'strict' | 'accept-new'

/**
 * Where to find a secret on the worker's machine when it is needed, never the secret itself. It is in a variable of the
 * worker's environment or in a file that only its owner may read, or a person enters it at the worker's terminal.
 * `prompt` is the text to ask with; the same text is asked only once.
 */
export type SecretSource = { readonly env: string } | { readonly file: string } | { readonly prompt: string }

/** How to log in to one SSH server, with all defaults filled in. Paths are absolute, on the worker's machine. */
export interface SshLogin {
  readonly user: string
  readonly port: number
  /**
   * Private keys, in the order in which they are tried. Without them, ssh-agent and the user's default keys are tried.
   */
  readonly identityFiles?: readonly string[]
  /** Do not try keys in ssh-agent that are not among `identityFiles`. */
  readonly identitiesOnly?: boolean
  /** Socket of an ssh-agent other than the worker's own, or `none`. */
  readonly identityAgent?: string
  /** The known_hosts file; with `accept-new`, keys are added to it. */
  readonly knownHostsFile: string
  /** Further known_hosts files, which are only read. */
  readonly otherKnownHostsFiles?: readonly string[]
  /** The system's known_hosts files, if they are not those in `/etc/ssh`. */
  readonly systemKnownHostsFiles?: readonly string[]
  /** File of host keys that are never trusted: public keys, one per line, or a list made by `ssh-keygen -k`. */
  readonly revokedHostKeysFile?: string
  /** Name of the server in known_hosts, instead of its address and port. */
  readonly hostKeyAlias?: string
  readonly hostKeyChecking: HostKeyChecking
  /** Pinned fingerprint (`SHA256:…`). Replaces known_hosts for this server, except for its revoked keys. */
  readonly hostKeyFingerprint?: string
  /** Password for the login, if no key is accepted. */
  readonly password?: SecretSource
}

/** An SSH server on the way to a host. */
export interface JumpHost {
  /** The name that the cluster file or the ssh configuration uses. */
  readonly name: string
  readonly address: string
  readonly ssh: SshLogin
}

/** How to reach one host over SSH. */
export interface HostSsh extends SshLogin {
  /** The jump hosts on the way to the host, in order. Each one is checked like the host itself. */
  readonly proxyJump?: readonly JumpHost[]
  /** Password for sudo, if sudo asks for one. */
  readonly sudoPassword?: SecretSource
}
