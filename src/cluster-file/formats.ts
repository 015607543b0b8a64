/** The formats of single values in a cluster file: a test, its name in messages, and examples, as data. */
import { parseBech32 } from '../values/bech32.js'
import { parseCron, restrictsBothDays } from '../values/cron.js'
import { isCanonicalNetwork, parseIpAddress, parseNetwork } from '../values/ip-address.js'
import { parseChannel, parseVersion } from '../cluster/versions.js'
import { parseJumps } from '../ssh-config/jumps.js'
import { parseEndpoint } from '../cluster/endpoint.js'
import { isWebhookUrl } from '../cluster/notifications.js'
import { likelyMistake, type Mistake } from './likely-mistakes.js'
import {
  isAlias,
  isDnsLabel,
  isDnsName,
  isLabelValue,
  isLowercaseDnsName,
  isQualifiedName,
  isUrl,
} from '../cluster/names.js'

/** One format of a text. */
export interface Format {
  /** With its article, as in `"x" is not <name>`. */
  readonly name: string
  /** Valid values; the first is the most telling. */
  readonly examples: readonly string[]
  readonly test: (text: string) => boolean
  /** What is wrong with a text in the wrong format, if the text shows what was meant. */
  readonly explain?: (text: string) => Mistake | undefined
}

// Only a shell understands `~somebody/…`.
const isPath = (text: string): boolean => text.trim() !== '' && !/^~[^/]/.test(text)
const isAddress = (text: string): boolean => parseIpAddress(text) !== undefined || isDnsName(text)
// As containerd and kubeadm read references: a host with an optional port, then lowercase path components.
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const REGISTRY = `${LABEL}(?:\\.${LABEL})*(?::\\d{1,5})?`
const REPOSITORY = `${REGISTRY}(?:/[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*)*`
const IMAGE = new RegExp(`^${REPOSITORY}(?::\\w[\\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$`)

const EXAMPLE_RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'

/** By the prefix of its Bech32: X25519, and ML-KEM-768 with X25519. Those of plugins need a program of their own. */
const RECIPIENT_BYTES: Readonly<Record<string, number>> = { age: 32, age1pq: 1216 }

function isAgeRecipient(text: string): boolean {
  const parsed = parseBech32(text)
  return parsed !== undefined && RECIPIENT_BYTES[parsed.prefix] === parsed.byteLength
}

/** Servers on Linux look zones up as files, so in exactly this case. Node takes any case, and offsets. */
function isTimeZone(text: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+/-]*$/.test(text)) return false
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
    return known === text || known.toLowerCase() !== text.toLowerCase()
  } catch {
    return false
  }
}

/** Every format that the schema uses. */
export const FORMATS = {
  name: {
    name: 'a name of lowercase letters, digits and dashes (RFC 1123, at most 63)',
    examples: ['cp1'],
    test: isDnsLabel,
  },
  address: {
    name: 'an IP address or DNS name',
    examples: ['10.0.0.11', 'cp1.example.com'],
    test: (text) => isAddress(text) || isAlias(text),
    explain: likelyMistake.inAddress,
  },
  ipAddress: {
    name: 'an IP address',
    examples: ['10.0.0.11'],
    test: (text) => parseIpAddress(text) !== undefined,
    explain: likelyMistake.inAddress,
  },
  dnsName: {
    name: 'a DNS name',
    examples: ['cluster.local'],
    test: isLowercaseDnsName,
    explain: likelyMistake.inDnsName,
  },
  subjectName: {
    name: 'an IP address or DNS name',
    examples: ['api.example.com', '203.0.113.7'],
    test: (text) => isAddress(text.startsWith('*.') ? text.slice(2) : text),
  },
  endpoint: {
    name: 'host[:port]',
    examples: ['api.prod.lab:6443'],
    // Like kubeadm, accept a name only in lowercase.
    test: (text) => {
      const host = parseEndpoint(text)?.host
      return host !== undefined && (parseIpAddress(host) !== undefined || isLowercaseDnsName(host))
    },
    explain: likelyMistake.inEndpoint,
  },
  network: {
    name: 'a network in CIDR notation that begins with its first address',
    examples: ['10.244.0.0/16'],
    test: (text) => parseNetwork(text) !== undefined && isCanonicalNetwork(text),
    explain: likelyMistake.inNetwork,
  },
  virtualAddress: {
    name: 'an IP address, with or without a prefix length',
    examples: ['10.0.0.100', '10.0.0.100/24'],
    test: (text) => parseIpAddress(text) !== undefined || parseNetwork(text) !== undefined,
  },
  version: {
    name: 'a Kubernetes version',
    examples: ['v1.36.3', 'stable', 'stable-1.36'],
    test: (text) => parseVersion(text) !== undefined || parseChannel(text) !== undefined,
  },
  imageRepository: {
    name: 'an image repository (host[:port] and path, without scheme and tag)',
    examples: ['registry.example.com:5000/kubernetes'],
    test: (text) => new RegExp(`^${REPOSITORY}$`).test(text),
  },
  image: {
    name: 'an image',
    examples: ['registry.example.com/flannel:v0.28.5'],
    test: (text) => IMAGE.test(text),
  },
  registry: {
    name: 'a registry (host[:port], as in image names)',
    examples: ['registry.k8s.io'],
    test: (text) => new RegExp(`^${REGISTRY}$`).test(text),
  },
  url: {
    name: 'a URL of https or http',
    examples: ['https://pkgs.k8s.io'],
    test: (text) => isUrl(text, ['https', 'http']),
  },
  webhookUrl: {
    name: 'a URL of https, or of http to this machine, without a login',
    examples: ['https://alerts.example.com/quorate'],
    test: isWebhookUrl,
    explain: likelyMistake.inWebhookUrl,
  },
  encryptedResource: {
    name: 'secrets, configmaps, or a custom resource as <plural>.<group>',
    examples: ['secrets', 'configmaps', 'certificates.example.com'],
    // etcd has the other resources of Kubernetes at places that their names do not say.
    test: (text) =>
      text.length <= 100 &&
      (/^(?:secrets|configmaps)$/.test(text) ||
        (/^[a-z][a-z0-9-]*(?:\.[a-z0-9]([a-z0-9-]*[a-z0-9])?){2,}$/.test(text) && !text.endsWith('.k8s.io'))),
  },
  path: { name: 'a path', examples: ['~/.ssh/id_ed25519'], test: isPath },
  ageRecipient: {
    name: 'an age recipient (age1…, the public key that age-keygen prints), whole and as it was printed',
    examples: [EXAMPLE_RECIPIENT],
    test: isAgeRecipient,
    explain: likelyMistake.inAgeRecipient,
  },
  bucket: {
    name: 'the name of a bucket (lowercase letters, digits, dots and dashes; 3 to 63)',
    examples: ['backups'],
    test: (text) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text),
  },
  region: {
    name: 'a region',
    examples: ['eu-central-1'],
    test: (text) => /^[a-z0-9][a-z0-9-]{0,62}$/.test(text),
  },
  objectPrefix: {
    name: 'a prefix of object names (letters, digits, dots, dashes and slashes; not at its beginning)',
    examples: ['clusters/prod'],
    test: (text) => /^[\w.-][\w./-]{0,200}$/.test(text) && !text.split('/').includes('..'),
  },
  accessKeyId: {
    name: 'an access key ID',
    examples: ['AKIAIOSFODNN7EXAMPLE'],
    test: (text) => /^[\w.+=@-]{3,128}$/.test(text),
  },
  cron: {
    name: 'a time as in a crontab: minute, hour, day of the month, month, day of the week',
    examples: ['0 */6 * * *'],
    test: (text) => {
      const times = parseCron(text)
      return times !== undefined && !restrictsBothDays(times)
    },
    explain: likelyMistake.inCron,
  },
  timeZone: {
    name: 'a time zone of the IANA database',
    examples: ['Europe/Berlin', 'UTC'],
    test: isTimeZone,
  },
  digest: {
    name: 'a SHA-256 digest (sha256: and 64 hexadecimal digits)',
    examples: ['sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    test: (text) => /^sha256:[a-f0-9]{64}$/.test(text),
  },
  interfaceName: {
    name: 'the name of a network interface',
    examples: ['eth0'],
    test: (text) => /^[^\s/:"{}]{1,15}$/.test(text),
  },
  interface: {
    name: 'the name of a network interface, or a regular expression for it',
    examples: ['eth1', '^ens[0-9]+$'],
    test: (text) => /^\S+$/.test(text),
  },
  user: {
    name: 'a login name',
    examples: ['ops'],
    // An account from a directory service may be `jane@corp.example.com` or `CORP\jane`.
    test: (text) => /^[A-Za-z0-9_]([A-Za-z0-9_.@+\\-]*[A-Za-z0-9_.@+-])?\$?$/.test(text),
  },
  registryUser: {
    name: 'a user name, which has no colon',
    examples: ['robot$quorate'],
    test: (text) => /^[^:\p{Control}]+$/u.test(text),
  },
  jumps: {
    name: '[user@]host[:port], several with commas between',
    examples: ['bastion', 'ops@bastion.example.com:2222'],
    test: (text) => parseJumps(text) !== undefined,
  },
  variable: {
    name: 'the name of an environment variable',
    examples: ['SSH_PASSWORD'],
    test: (text) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text),
  },
  fingerprint: {
    name: "a host key's fingerprint, as ssh-keygen -l shows it",
    examples: ['SHA256:uNiVztksCsDhcc0u9e8BrJQXVnVCCKRtNeSv8yOWSFA'],
    test: (text) => /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text),
  },
  labelKey: { name: 'a label or taint key', examples: ['example.com/disk'], test: isQualifiedName },
  labelValue: {
    name: 'a label or taint value (letters, digits, dashes, dots; at most 63)',
    examples: ['ssd'],
    test: isLabelValue,
  },
} as const satisfies Record<string, Format>

export type FormatName = keyof typeof FORMATS
