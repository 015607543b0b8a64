/** Errors of reaching hosts over SSH and of running commands there. */
import type { ErrorDefinition } from './definition.js'

export const SSH_ERRORS = {
  SSH_UNREACHABLE: {
    source: 'environment',
    remedy: 'retry',
    hint: 'check that the host is up, that the address and port are right, and that no firewall is between',
  },
  SSH_NAME_NOT_RESOLVED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'check the address in the cluster file and the DNS of the machine where the worker runs',
  },
  SSH_HOST_KEY_UNKNOWN: {
    source: 'user',
    remedy: 'operator',
    hint: 'compare the fingerprint with the host, then add it to known_hosts, set ssh.hostKeyFingerprint, or use ssh.hostKeyChecking: accept-new',
  },
  SSH_HOST_KEY_CHANGED: {
    source: 'user',
    remedy: 'operator',
    hint: 'if the host was really reinstalled, remove its old key with `ssh-keygen -R`; otherwise somebody may be between you and it',
  },
  SSH_HOST_KEY_REVOKED: {
    source: 'user',
    remedy: 'operator',
    hint: 'give the host a new key; the one it shows is marked @revoked in known_hosts',
  },
  SSH_KNOWN_HOSTS_UNREADABLE: {
    source: 'user',
    remedy: 'operator',
    hint: 'check the path in ssh.knownHostsFile and its permissions',
  },
  SSH_HANDSHAKE_FAILED: {
    source: 'user',
    remedy: 'operator',
    hint: 'the host must run an SSH server of this decade: no SHA-1 and no CBC are offered to it (OpenSSH 6.5 or later)',
  },
  SSH_AUTHENTICATION_FAILED: {
    source: 'user',
    remedy: 'operator',
    hint: 'check ssh.user, ssh.identityFile and ssh.passwordFrom, or that ssh-agent holds the right key (`ssh-add -l`); with many keys there, ssh.identitiesOnly: true',
  },
  SSH_JUMP_REFUSED: {
    source: 'user',
    remedy: 'operator',
    hint: 'look at AllowTcpForwarding and PermitOpen in the sshd_config of the jump host',
  },
  SECRET_NEEDED: {
    source: 'user',
    remedy: 'operator',
    hint: 'give the password where ssh.passwordFrom or ssh.sudoPasswordFrom says, on the machine where the worker runs',
  },
  SSH_KEY_UNREADABLE: {
    source: 'user',
    remedy: 'operator',
    hint: 'check the path in ssh.identityFile; a key with a passphrase must be added to ssh-agent (`ssh-add`)',
  },
  SSH_CONNECTION_LOST: {
    source: 'environment',
    remedy: 'retry',
    hint: 'the connection is made again and the state of the host looked at before anything is repeated',
  },
  SSH_SESSION_REFUSED: {
    source: 'user',
    remedy: 'operator',
    hint: 'set ssh.user to a user whose login shell runs commands; look at ForceCommand in the sshd_config of the host, at command="…" before the key in authorized_keys, and at the shell in /etc/passwd',
  },
  SSH_TIMEOUT: {
    source: 'environment',
    remedy: 'retry',
    hint: 'the host answers too slowly; look at its load',
  },
  OUTPUT_TOO_LARGE: {
    source: 'environment',
    remedy: 'operator',
    hint: 'no command of quorate writes that much: log in and look at what the programs and the login shell of the host print, and whether it is the host you mean',
  },
  COMMAND_FAILED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'read the output above; the command can be run by hand on the host',
  },
  UNIT_INTERRUPTED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'the host was restarted or the unit killed while the command ran; its effect is looked at before it is repeated',
  },
} as const satisfies Record<string, ErrorDefinition>
