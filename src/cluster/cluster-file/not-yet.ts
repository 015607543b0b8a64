/**
 * Fields and values that people rightly look for and that Quorate does not have yet: each is refused with a clear
 * word, since one that is silently ignored would be worse.
 */
import type { FieldPath, Finding } from './problem.js'

interface Feature {
  /** What is asked for. */
  readonly what: string
  /** What can be done instead. */
  readonly instead: string
}

const EXTERNAL_ETCD: Feature = {
  what: 'an external etcd cluster',
  instead: 'leave it out: each control plane carries an etcd member',
}
const JUMP_HOST: Feature = {
  what: 'jump hosts',
  instead: 'run the worker where the hosts can be reached directly',
}
const PASSWORD: Feature = {
  what: 'passwords',
  instead: 'log in with a key, as root or as a user who may run sudo without a password',
}
const VIRTUAL_ADDRESS: Feature = {
  what: 'keepalived and a virtual address',
  instead: 'use one haproxy host, or type external with a load balancer of yours',
}
const SSH_CONFIG: Feature = {
  what: 'ssh configuration files',
  instead: 'write user, port and identityFile here',
}

// By the name of the field, wherever it stands.
const FIELDS: Readonly<Record<string, Feature>> = {
  proxyJump: JUMP_HOST,
  proxyCommand: JUMP_HOST,
  bastion: JUMP_HOST,
  jumpHost: JUMP_HOST,
  password: PASSWORD,
  passwordFile: PASSWORD,
  passphrase: PASSWORD,
  sudoPassword: PASSWORD,
  sudoPasswordFile: PASSWORD,
  becomePassword: PASSWORD,
  configFile: SSH_CONFIG,
  keepalived: VIRTUAL_ADDRESS,
  virtualAddress: VIRTUAL_ADDRESS,
  virtualIP: VIRTUAL_ADDRESS,
  vip: VIRTUAL_ADDRESS,
  external: EXTERNAL_ETCD,
}

// By the name of the field and its value.
const VALUES: Readonly<Record<string, Readonly<Record<string, Feature>>>> = {
  topology: { external: EXTERNAL_ETCD },
  role: { etcd: { what: 'the role etcd', instead: EXTERNAL_ETCD.instead } },
  type: { keepalived: VIRTUAL_ADDRESS },
}

/** The refusal of an unknown field, where it is one that is to come. */
export function fieldNotYetSupported(path: FieldPath, field: string): Finding | undefined {
  return refusal(Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined, [...path, field], true)
}

/** The refusal of an unknown value, where it is one that is to come. */
export function valueNotYetSupported(path: FieldPath, field: string, value: unknown): Finding | undefined {
  const values = Object.hasOwn(VALUES, field) ? VALUES[field] : undefined
  const known = typeof value === 'string' && values !== undefined && Object.hasOwn(values, value)
  return refusal(known ? values[value] : undefined, path, false)
}

function refusal(feature: Feature | undefined, path: FieldPath, atKey: boolean): Finding | undefined {
  if (feature === undefined) return undefined
  return {
    severity: 'problem',
    path,
    atKey,
    problem: `${feature.what} ${feature.what.endsWith('s') ? 'are' : 'is'} not supported yet`,
    remedy: feature.instead,
  }
}
