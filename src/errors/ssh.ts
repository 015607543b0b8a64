/** Errors of reaching hosts over SSH and of running commands there. */
import type { ErrorDefinition } from './definition.js'

export const SSH_ERRORS = {
  SSH_UNREACHABLE: {
    meaning: 'No SSH connection to the host can be opened.',
    source: 'environment',
    remedy: 'retry',
    hint: 'check that the host is up, that the address and port are right, and that no firewall blocks them',
  },
  SSH_NAME_NOT_RESOLVED: {
    meaning: 'The name of the host does not resolve where the worker runs.',
    source: 'environment',
    remedy: 'retry',
    hint: 'check the address in the cluster file and the DNS of the machine where the worker runs',
  },
  SSH_HOST_KEY_UNKNOWN: {
    meaning: 'The host shows a key that is not in known_hosts.',
    source: 'user',
    remedy: 'operator',
    hint: 'compare the fingerprint with the host, then add it to known_hosts, set ssh.hostKeyFingerprint, or use ssh.hostKeyChecking: accept-new',
  },
  SSH_HOST_KEY_CHANGED: {
    meaning: 'The host shows another key than the known or pinned one.',
    source: 'user',
    remedy: 'operator',
    hint: 'if the host was really reinstalled, remove its old key with `ssh-keygen -R`; otherwise someone may be intercepting the connection',
  },
  SSH_HOST_KEY_REVOKED: {
    meaning: 'The host shows a key that is marked as revoked.',
    source: 'user',
    remedy: 'operator',
    hint: 'give the host a new key; the one it shows is marked @revoked in known_hosts',
  },
  SSH_KNOWN_HOSTS_UNREADABLE: {
    meaning: 'A known_hosts file cannot be read or written.',
    source: 'user',
    remedy: 'operator',
    hint: 'check the path in ssh.knownHostsFile and its permissions',
  },
  SSH_HANDSHAKE_FAILED: {
    meaning: 'The SSH server and Quorate cannot agree on how to talk to each other.',
    source: 'user',
    remedy: 'operator',
    hint: 'run OpenSSH 6.5 or later on the host, or a server as recent: Quorate offers neither SHA-1 nor CBC',
  },
  SSH_AUTHENTICATION_FAILED: {
    meaning: 'The host accepts none of the keys or passwords that were offered.',
    source: 'user',
    remedy: 'operator',
    hint: 'check ssh.user, ssh.identityFile and ssh.passwordFrom, or that ssh-agent holds the right key (`ssh-add -l`); if it holds many, set ssh.identitiesOnly: true',
  },
  SSH_JUMP_REFUSED: {
    meaning: 'The jump host does not forward the connection.',
    source: 'user',
    remedy: 'operator',
    hint: 'check AllowTcpForwarding and PermitOpen in the sshd_config of the jump host',
  },
  SECRET_NEEDED: {
    meaning: 'A password is needed, and the worker cannot get it.',
    source: 'user',
    remedy: 'operator',
    hint: 'provide the password where ssh.passwordFrom or ssh.sudoPasswordFrom points, on the machine where the worker runs',
  },
  SSH_KEY_UNREADABLE: {
    meaning: 'No private key can be used to log in.',
    source: 'user',
    remedy: 'operator',
    hint: 'check the path in ssh.identityFile; add a key with a passphrase to ssh-agent (`ssh-add`)',
  },
  SSH_CONNECTION_LOST: {
    meaning: 'The connection was lost while a command ran; its outcome is unknown.',
    source: 'environment',
    remedy: 'retry',
    hint: 'try again once the host is in reach; Quorate checks the state of the host before it repeats anything',
  },
  SSH_SESSION_REFUSED: {
    meaning: 'The host accepts the login, but runs no commands.',
    source: 'user',
    remedy: 'operator',
    hint: 'set ssh.user to a user whose login shell runs commands; check ForceCommand in the sshd_config of the host, command="…" before the key in authorized_keys, and the shell in /etc/passwd',
  },
  SSH_TIMEOUT: {
    meaning: 'The host did not answer in time.',
    source: 'environment',
    remedy: 'retry',
    hint: 'check the load of the host: it answers too slowly',
  },
  OUTPUT_TOO_LARGE: {
    meaning: 'A command wrote far more than any command of Quorate does.',
    source: 'environment',
    remedy: 'operator',
    hint: 'log in and check what the programs and the login shell of the host print, and that it is the host you mean: no command of Quorate writes that much',
  },
  COMMAND_FAILED: {
    meaning: 'A command failed on the host.',
    source: 'environment',
    remedy: 'retry',
    hint: 'read the output above; to try it yourself, run the command on the host',
  },
  UNIT_INTERRUPTED: {
    meaning: 'A long command was cut off before it ended.',
    source: 'environment',
    remedy: 'retry',
    hint: 'find out whether the host restarted or the unit was killed; before Quorate repeats the command, it checks what the command has done',
  },
} as const satisfies Record<string, ErrorDefinition>
