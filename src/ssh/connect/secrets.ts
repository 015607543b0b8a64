/**
 * Passwords, read at the moment they are needed from where the cluster file says: the worker's environment, a file, or
 * a person at the worker's terminal. Only a person's answers are kept, and only in memory.
 */
import { readFile, stat } from 'node:fs/promises'
import type { SecretSource } from '../../cluster/ssh-login.js'
import { QuorateError } from '../../errors/index.js'

/** Asks a person for a secret, without showing what is typed. */
export type AskSecret = (what: string) => Promise<string>

/** Mode bits that give access to anyone but the file's owner. */
const OTHERS = 0o077

export class Secrets {
  readonly #ask: AskSecret | undefined
  readonly #answers = new Map<string, Promise<string>>()

  /** @param ask undefined where nobody can be asked. */
  constructor(ask?: AskSecret) {
    this.#ask = ask
  }

  /**
   * @param purpose what the secret is needed for, e.g. `the password of ops on cp1`.
   * @param host name of the host, for errors.
   * @throws QuorateError `SECRET_NEEDED` if there is none.
   */
  async read(source: SecretSource, purpose: string, host: string): Promise<string> {
    if ('env' in source) return fromEnvironment(source.env, purpose, host)
    if ('file' in source) return fromFile(source.file, purpose, host)
    return this.#fromPerson(source.prompt, purpose, host)
  }

  /** Forgets a person's answer that was wrong, so that it is asked for again. */
  forget(source: SecretSource): void {
    if ('prompt' in source) this.#answers.delete(source.prompt)
  }

  #fromPerson(what: string, purpose: string, host: string): Promise<string> {
    const known = this.#answers.get(what)
    if (known !== undefined) return known
    if (this.#ask === undefined) {
      throw secretNeeded(
        host,
        `${purpose} must be asked for, but the worker has no terminal`,
        'run a worker in the foreground (`quorate worker`, with a server of your own), or give the password by env or file',
      )
    }
    const answer = this.#ask(what)
    this.#answers.set(what, answer)
    // If no answer came, ask again next time.
    answer.catch(() => this.#answers.delete(what))
    return answer
  }
}

function fromEnvironment(name: string, purpose: string, host: string): string {
  const value = process.env[name]
  if (value !== undefined && value !== '') return value
  throw secretNeeded(
    host,
    `${purpose} must come from the variable ${name}, which the worker does not have`,
    `run \`quorate engine stop\`, set ${name}, then run \`quorate resume\` or apply again: a worker keeps the environment that it was started with`,
  )
}

async function fromFile(path: string, purpose: string, host: string): Promise<string> {
  let mode: number
  let text: string
  try {
    mode = (await stat(path)).mode
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const reason = (cause as Error).message
    throw secretNeeded(
      host,
      `${purpose} cannot be read from ${path}: ${reason}`,
      'correct the path, or create the file',
    )
  }
  if ((mode & OTHERS) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0')
    throw secretNeeded(
      host,
      `${path}, with ${purpose}, is accessible to others (mode ${octal})`,
      `run \`chmod 600 ${path}\``,
    )
  }
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '' || /[\r\n]/.test(secret)) {
    throw secretNeeded(host, `${path} does not hold ${purpose} on one line`, 'write it there, on one line')
  }
  return secret
}

function secretNeeded(host: string, message: string, hint: string): QuorateError {
  return new QuorateError('SECRET_NEEDED', message, { host, hint })
}
