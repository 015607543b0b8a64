/** The fields of a cluster file that say how hosts are reached: `spec.ssh`, `spec.jumpHosts`, and `ssh` of a host. */
import { z } from 'zod'
import { port, text } from '../fields.js'

function secretSource(description: string) {
  return z
    .strictObject({
      env: text('variable', "A variable of the worker's environment.").optional(),
      file: text(
        'path',
        "A file on the worker's machine that only its owner may read.",
        '~/.quorate/password',
      ).optional(),
      prompt: z
        .literal(true)
        .meta({ description: 'Asked for at the terminal of a worker in the foreground.' })
        .optional(),
    })
    .meta({ description: `${description} One of env, file and prompt; the secret itself is never stored.` })
}

/** A secret that is never prompted for, because many hosts need it at once. */
export function storedSecret(description: string, variable: string, file: string) {
  return z
    .strictObject({
      env: text('variable', "A variable of the worker's environment.", variable).optional(),
      file: text('path', "A file on the worker's machine that only its owner may read.", file).optional(),
    })
    .meta({ description: `${description} One of env and file; the secret itself is never stored.` })
}

const loginFields = {
  user: text(
    'user',
    'Login name: root, or a user who may run sudo. What is not given here is taken from the ssh configuration.',
  ).optional(),
  port: port("Port of the host's SSH server; 22 unless given.").optional(),
  identityFile: text(
    'path',
    'Private key on the machine where the worker runs; without it ssh-agent and the default keys are tried.',
  ).optional(),
  identitiesOnly: z
    .boolean()
    .meta({ description: 'true: of the keys in ssh-agent, only the one of identityFile is tried.' })
    .optional(),
  knownHostsFile: text(
    'path',
    'known_hosts file on the machine where the worker runs; ~/.ssh/known_hosts unless given.',
    '~/.ssh/known_hosts',
  ).optional(),
  hostKeyChecking: z
    .enum(['strict', 'accept-new'])
    .meta({
      description:
        'strict: only hosts whose key is known. accept-new: an unknown key is learnt. A changed key is always refused.',
    })
    .optional(),
  passwordFrom: secretSource('Where the password for the login is, if no key is accepted.').optional(),
}

const oneServerFields = {
  hostKeyAlias: text(
    'address',
    'Name of the host in known_hosts, instead of its address and port.',
  ).optional(),
  hostKeyFingerprint: text(
    'fingerprint',
    "Fingerprint of the host's key; used instead of known_hosts for this host.",
  ).optional(),
}

const proxyJump = text(
  'jumps',
  'Jump hosts on the way, by their names in spec.jumpHosts or the ssh configuration, or by address; none: no jump host.',
).optional()

const sudoPasswordFrom = secretSource('Where the password for sudo is, if sudo asks.').optional()

/** `ssh` of a host. */
export const hostSshSchema = z
  .strictObject({ ...loginFields, ...oneServerFields, proxyJump, sudoPasswordFrom })
  .prefault({})
  .meta({ description: 'How to reach this host, where it differs from spec.ssh.' })

/** `spec.ssh`. */
export const clusterSshSchema = z
  .strictObject({
    ...loginFields,
    proxyJump,
    sudoPasswordFrom,
    configFile: text(
      'path',
      'OpenSSH configuration for what is not given here; ~/.ssh/config and the system-wide one unless given; none: no configuration.',
      './ssh_config',
    ).optional(),
  })
  .prefault({})
  .meta({ description: 'How to reach the hosts; each host can override it.' })

/** `spec.jumpHosts`. */
export const jumpHostsSchema = z
  .array(
    z.strictObject({
      name: text('name', 'Its name in proxyJump.'),
      address: text('address', 'IP address or DNS name, or a name of the ssh configuration.'),
      ssh: z
        .strictObject({ ...loginFields, ...oneServerFields, proxyJump })
        .prefault({})
        .meta({ description: 'How to log in there.' }),
    }),
  )
  .default([])
  .meta({ description: 'Servers on the way to hosts that are not part of the cluster.' })
