/** Checks of this machine: Node.js, the SSH agent, the cluster file. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { isQuorateError } from '../../errors/index.js'
import { plainLine } from '../../values/plain-text.js'
import { DEFAULT_FILE, type Context } from '../context.js'
import { readCluster } from '../load-cluster.js'
import { fail, ok, warn, type Check } from '../../client/doctor/check.js'

const AGENT_TIMEOUT_MS = 3_000
const MINIMUM_NODE = [20, 19] as const
const AGENT_HINT =
  'needed only for keys with a passphrase: run `eval $(ssh-agent)`, then `ssh-add`; or set ssh.identityFile'

const KEYS_HINT = 'use ED25519, ECDSA or RSA keys, those of FIDO tokens (SK), or certificates of any of these'

/** How `ssh-add -l` names the types of keys that sessions use. */
const USABLE_KEY = /\((?:ED25519|ECDSA|RSA)(?:-SK)?(?:-CERT)?\)$/

/** Whether this Node.js is one that Quorate runs on. */
export function checkNode(version = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isEnough = major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])
  return isEnough
    ? ok('Node.js', version)
    : fail('Node.js', `${version} is too old`, `install Node.js ${MINIMUM_NODE.join('.')} or later`)
}

/** Whether an SSH agent answers, and with which keys. */
export async function checkSshAgent(): Promise<Check> {
  const name = 'SSH agent'
  if ((process.env.SSH_AUTH_SOCK ?? '') === '') return warn(name, 'SSH_AUTH_SOCK is not set', AGENT_HINT)
  try {
    const { stdout } = await promisify(execFile)('ssh-add', ['-l'], { timeout: AGENT_TIMEOUT_MS })
    const keys = stdout.trim().split('\n')
    const names = keys.map((key) => key.split(' ').slice(2).join(' '))
    const unusable = keys
      .filter((key) => !USABLE_KEY.test(key))
      .map((key) => key.split(' ').slice(2).join(' '))
    if (unusable.length > 0) {
      return warn(
        name,
        `it holds keys of types that are not used: ${plainLine(unusable.join(', '))}`,
        KEYS_HINT,
      )
    }
    return ok(name, `${keys.length} ${keys.length === 1 ? 'key' : 'keys'}: ${names.join(', ')}`)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 1) return warn(name, 'it holds no keys', AGENT_HINT)
    if (code === 'ENOENT') return warn(name, 'ssh-add was not found, so its keys are not known', AGENT_HINT)
    return warn(name, `it does not answer at ${process.env.SSH_AUTH_SOCK ?? ''}`, AGENT_HINT)
  }
}

/** Whether the cluster file is valid, and the keys that it names are there; undefined when there is no file. */
export async function checkClusterFile({ file }: Context): Promise<Check | undefined> {
  const path = file ?? DEFAULT_FILE
  if (file === undefined && !existsSync(path)) return undefined
  try {
    const cluster = await readCluster(path)
    // One of several keys is enough: an ssh configuration may name several for all hosts.
    const lists = cluster.hosts.map(({ ssh }) => ssh.identityFiles ?? [])
    const missing = [...new Set(lists.filter((keys) => !keys.some((key) => existsSync(key))).flat())]
    if (missing.length > 0) {
      return fail(
        'cluster file',
        `${path} names keys that are not there: ${missing.join(', ')}`,
        'correct ssh.identityFile',
      )
    }
    return ok('cluster file', `${path}: ${cluster.name}, ${cluster.hosts.length} hosts`)
  } catch (error) {
    if (!isQuorateError(error)) throw error
    return fail('cluster file', error.message, '`quorate validate` shows every problem')
  }
}
