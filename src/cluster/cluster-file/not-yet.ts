/**
 * Fields and values that people rightly look for and that Quorate does not have, or not yet: each is refused with a clear
 * word, since one that is silently ignored would be worse.
 */
import type { FieldPath, Finding } from './problem.js'

interface Feature {
  /** What is asked for. */
  readonly what: string
  /** What can be done instead. */
  readonly instead: string
  /** Not to come either. */
  readonly never?: true
}

const PROXY_COMMAND: Feature = {
  what: 'a command in place of a connection',
  instead: 'use proxyJump',
  never: true,
}
const JUMP_HOST: Feature = {
  what: 'a jump host by this name',
  instead: 'name it in proxyJump, and give it an entry in spec.jumpHosts where it needs one',
  never: true,
}
const PASSWORD: Feature = {
  what: 'a password in the cluster file',
  instead: 'say where it is: passwordFrom (for sudo: sudoPasswordFrom) with env, file or prompt',
  never: true,
}
const PASSPHRASE: Feature = {
  what: "a key's passphrase",
  instead: 'add the key to ssh-agent (ssh-add)',
  never: true,
}

// By the name of the field, wherever it stands.
const FIELDS: Readonly<Record<string, Feature>> = {
  proxyCommand: PROXY_COMMAND,
  bastion: JUMP_HOST,
  jumpHost: JUMP_HOST,
  password: PASSWORD,
  passwordFile: PASSWORD,
  passphrase: PASSPHRASE,
  sudoPassword: PASSWORD,
  sudoPasswordFile: PASSWORD,
  becomePassword: PASSWORD,
}

// By the name of the field and its value.
const VALUES: Readonly<Record<string, Readonly<Record<string, Feature>>>> = {
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
    problem: `${feature.what} ${feature.what.endsWith('s') ? 'are' : 'is'} not supported${feature.never === true ? '' : ' yet'}`,
    remedy: feature.instead,
  }
}
