/**
 * Fields that people reasonably look for but that Quorate does not have. Each is refused with a clear message, because
 * silently ignoring it would be worse.
 */
import type { FieldPath, Finding } from './problem.js'

interface Feature {
  /** What is asked for. */
  readonly what: string
  /** What can be done instead. */
  readonly instead: string
}

const PROXY_COMMAND: Feature = {
  what: 'a command instead of a connection',
  instead: 'use proxyJump',
}
const JUMP_HOST: Feature = {
  what: 'a jump host by this name',
  instead: 'name it in proxyJump, and add it to spec.jumpHosts if it needs settings',
}
const PASSWORD: Feature = {
  what: 'a password in the cluster file',
  instead: 'say where the password is: passwordFrom (for sudo: sudoPasswordFrom) with env, file or prompt',
}
const PASSPHRASE: Feature = {
  what: "a key's passphrase",
  instead: 'add the key to ssh-agent (ssh-add)',
}

// By field name, wherever the field is.
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

/** The refusal of an unknown field, if it is one that people look for. */
export function fieldNotSupported(path: FieldPath, field: string): Finding | undefined {
  const feature = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined
  if (feature === undefined) return undefined
  return {
    severity: 'problem',
    path: [...path, field],
    atKey: true,
    problem: `${feature.what} is not supported`,
    remedy: feature.instead,
  }
}
