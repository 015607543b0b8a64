/**
 * What a secret looks like, as data. The cluster file becomes the input of an operation, which Temporal stores. Anyone
 * who may read histories could read a secret in it.
 */
import { BOOTSTRAP_TOKEN, SIGNED_TOKEN, URL_WITH_PASSWORD } from '../values/secret-looks.js'
import type { FieldPath } from './problem.js'

/** What is recognizably a secret, whatever its field is called. */
export const SECRET_TEXTS: readonly { readonly what: string; readonly looks: (text: string) => boolean }[] = [
  { what: 'a private key', looks: holdsPrivateKey },
  {
    what: 'a URL with a password',
    looks: (text) => URL_WITH_PASSWORD.test(text),
  },
  { what: 'an age identity', looks: (text) => /AGE-SECRET-KEY-/i.test(text) },
  {
    what: 'the address of a webhook that is open to whoever knows it',
    looks: (text) => OPEN_WEBHOOK.test(text),
  },
  { what: 'a bootstrap token', looks: (text) => BOOTSTRAP_TOKEN.test(text) },
  { what: 'a signed token', looks: (text) => SIGNED_TOKEN.test(text) },
]

/** What to do instead, by where the secret is. The first match counts. */
export const WAYS_ON: readonly { readonly below: FieldPath; readonly instead: string }[] = [
  {
    below: ['spec', 'containerRuntime', 'registries'],
    instead: 'give the registry a username, and its password with passwordFrom (env or file)',
  },
  {
    below: ['spec', 'containerRuntime'],
    instead:
      'give the registry an entry in containerRuntime.registries, with username and passwordFrom; other settings go to /etc/containerd/conf.d on the hosts',
  },
  {
    below: ['spec', 'packages'],
    instead: 'put the login into /etc/apt/auth.conf.d on the hosts, and remove it here',
  },
  {
    below: ['spec', 'kubernetes', 'kubeadm'],
    instead:
      'put it into a file on the control planes, and name that file (extraArgs, extraVolumes); Quorate creates the tokens and keys of kubeadm itself',
  },
  {
    below: ['spec', 'etcd', 'snapshots'],
    instead:
      'give the recipient (age-keygen -y), and the secret access key with secretAccessKeyFrom (env or file)',
  },
  {
    below: ['spec', 'notifications'],
    instead:
      'give the URL with urlFrom and the secret with secretFrom (env or file); a command reads its own file',
  },
  { below: [], instead: 'keep it out of the cluster file, which Temporal stores' },
]

/** Slack, Discord and Microsoft Teams: whoever has the URL can post. */
const OPEN_WEBHOOK =
  /\/\/(?:hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/|[\w.-]+\.webhook\.office\.com\/)/i

const PEM_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/
/** `-----BEGIN` in base64, as in kubeconfigs. */
const ENCODED_PEM = /LS0tLS1CRUdJTi[A-Za-z0-9+/\s]+=*/g

function holdsPrivateKey(text: string): boolean {
  const encoded = text.match(ENCODED_PEM) ?? []
  return PEM_KEY.test(text) || encoded.some((part) => PEM_KEY.test(Buffer.from(part, 'base64').toString()))
}
