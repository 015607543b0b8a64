/** The most likely mistake in a text with the wrong format, if the text shows what was meant. */
import { parseCron, restrictsBothDays } from '../values/cron.js'
import { formatIpv4Network, parseIpAddress, parseNetwork } from '../values/ip-address.js'
import { parseEndpoint } from '../cluster/endpoint.js'
import { isUrl } from '../cluster/names.js'

/** What is wrong, worded to follow the value, and what would be right. */
export interface Mistake {
  readonly problem: string
  readonly remedy: string
}

const IPV4_ALONE = 'give the IPv4 one alone'

/** By the kind of text. Each function returns undefined if it has nothing particular to say. */
export const likelyMistake = {
  inAddress,
  inAgeRecipient,
  inCron,
  inDnsName,
  inEndpoint,
  inNetwork,
  inWebhookUrl,
} as const

function inAddress(text: string): Mistake | undefined {
  if (namesTwo(text, isIpAddress)) return dualStack('addresses')
  const [address = ''] = text.split('/')
  if (isNetwork(text)) return { problem: 'has a prefix length', remedy: `write ${address}` }
  const [login = '', host] = text.split('@')
  if (host !== undefined && parseEndpoint(host) !== undefined) {
    return { problem: 'has a login name', remedy: `write ${host}, and ssh: { user: ${login} }` }
  }
  const endpoint = parseEndpoint(text)
  if (endpoint === undefined) return undefined
  const { port } = endpoint
  return text.endsWith(`:${port}`)
    ? { problem: 'has a port', remedy: `write ${endpoint.host}, and ssh: { port: ${port} } if SSH is meant` }
    : { problem: 'has brackets', remedy: `write ${endpoint.host}` }
}

function inAgeRecipient(text: string): Mistake | undefined {
  if (text.startsWith('ssh-')) {
    return { problem: 'is a key of SSH', remedy: 'run `age-keygen -o identity.txt`, and give what it prints' }
  }
  if (/^AGE-SECRET-KEY-/i.test(text)) {
    return {
      problem: 'is the identity',
      remedy: 'give the recipient: `age-keygen -y identity.txt` prints it',
    }
  }
  return undefined
}

function inCron(text: string): Mistake | undefined {
  const times = parseCron(text)
  if (times !== undefined && restrictsBothDays(times)) {
    return {
      problem: 'names days of the month and days of the week: cron runs on either, Temporal only on both',
      remedy: 'give one of them, and * for the other',
    }
  }
  if (text.trim().startsWith('@')) {
    return { problem: 'is a short form', remedy: 'write its five fields, such as 0 0 * * * for @daily' }
  }
  if (text.trim().split(/\s+/).length === 6) {
    return { problem: 'has a sixth field', remedy: 'write five: the first one is the minute' }
  }
  return undefined
}

function inDnsName(text: string): Mistake | undefined {
  return capitals(text)
}

function inEndpoint(text: string): Mistake | undefined {
  if (isIpAddress(text)) {
    return {
      problem: 'is an IPv6 address, and IPv6 is not supported yet',
      remedy: 'use a DNS name, or an IPv4 address',
    }
  }
  return parseEndpoint(text) === undefined ? undefined : capitals(text)
}

function inNetwork(text: string): Mistake | undefined {
  if (namesTwo(text, isNetwork)) return dualStack('networks')
  if (isIpAddress(text)) {
    return { problem: 'has no prefix length', remedy: `write it like ${text}/16` }
  }
  const network = parseNetwork(text)
  if (network?.family !== 4) return undefined
  return {
    problem: 'does not begin with its first address',
    remedy: `write ${formatIpv4Network(network)}`,
  }
}

function inWebhookUrl(text: string): Mistake | undefined {
  if (!isUrl(text, ['http'])) return undefined
  return {
    problem: 'would be reached unencrypted',
    remedy: 'use https; http is only for 127.0.0.1, ::1 and localhost',
  }
}

function capitals(text: string): Mistake | undefined {
  const lowercase = text.toLowerCase()
  if (lowercase === text) return undefined
  return { problem: 'has capital letters, which kubeadm refuses', remedy: `write ${lowercase}` }
}

function dualStack(what: string): Mistake {
  return { problem: `names several ${what}, and dual stack is not supported yet`, remedy: IPV4_ALONE }
}

function namesTwo(text: string, test: (part: string) => boolean): boolean {
  const parts = text.split(',').map((part) => part.trim())
  return parts.length > 1 && parts.every(test)
}

function isIpAddress(text: string): boolean {
  return parseIpAddress(text) !== undefined
}

function isNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined
}
