/**
 * The lock of a host, which one operation holds at a time, whichever Temporal server it runs on. Also guards that this
 * is the machine and the cluster that the operation is about. See docs/architecture.md, "Host lock".
 */
import { createHash } from 'node:crypto'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { Cluster } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import {
  expectSuccess,
  fenced,
  runningUnits,
  script,
  type CommandResult,
  type Session,
  type SessionPool,
} from '../../ssh/index.js'
import { ACQUIRE, BREAK, RELEASE, SHOW } from './script.js'
import { hashCaCertificate } from '../system/pki.js'

/** Which operation holds, or asks for, a host. */
export interface LockHolder {
  /** `<id of the Temporal namespace>/<workflow id>`: no two servers share a namespace id. */
  readonly owner: string
  /** The operation's id on hosts; the ids of one owner sort by the time of their start. */
  readonly operation: string
  /** Who started it, such as `alice@laptop`; for people. */
  readonly startedBy: string
}

/** Who asks for a host. */
export interface LockSeeker extends LockHolder {
  /** The operation's id as it was before a reset; undefined where it was never reset. */
  readonly began?: string
}

/** A host's lock as it stands. */
export interface HostLock extends LockHolder {
  /** When it was taken, by the host's clock; for people. */
  readonly since: string
}

/**
 * Locks the host for an operation, or makes sure that the operation still holds it.
 * @returns a session that runs commands as root only while the operation holds the host; afterwards they fail with
 *   `LOCK_LOST`.
 * @throws QuorateError `HOST_LOCKED` when another owner holds the host; `LOCK_LOST` when a newer operation holds it, or
 *   held it before this one was reset, or this one's lock was broken; `HOST_CHANGED` and `FOREIGN_CLUSTER` when it is
 *   not the host that is meant.
 */
export async function holdHost(session: Session, cluster: Cluster, holder: LockSeeker): Promise<Session> {
  const answer = await acquire(session, cluster, holder)
  const lock = parseLock(answer.lines)
  switch (answer.word) {
    case 'taken':
    case 'held':
      return fenced(session, {
        file: HOST_PATHS.lock,
        line: firstLine(holder),
        passed: (found) => lockLost(session, holder, parseLock(found)),
      })
    case 'locked':
      throw await hostLocked(session, holder, lock)
    case 'newer':
    case 'broken':
      throw lockLost(session, holder, lock)
    case 'passed':
      throw new QuorateError(
        'LOCK_LOST',
        `operation ${holder.operation} is a reset of an earlier one, and another operation has held the host since`,
        { host: session.host.name, hint: 'run `quorate apply` to start another' },
      )
    case 'machine':
      throw new QuorateError(
        'HOST_CHANGED',
        `the machine-id is ${answer.detail}, not ${session.host.machineId ?? 'known'}`,
        { host: session.host.name },
      )
    case 'claimed':
      throw foreign(session, `the host is claimed by the cluster ${answer.detail}`)
    default:
      throw new QuorateError(
        'ANSWER_UNREADABLE',
        answer.word === ASKED_AGAIN
          ? 'the certificate of the cluster CA on the host is another one each time it is asked for'
          : 'the script that takes the lock of the host does not answer in the expected form',
        {
          host: session.host.name,
          step: 'lock',
          hint: 'log in there and make sure that it is the host you mean, and that `sh` and /etc/kubernetes/pki are as they should be',
        },
      )
  }
}

/** Like `sessions`, but every session comes from {@link holdHost}. */
export function holdingPool(sessions: SessionPool, cluster: Cluster, holder: LockSeeker): SessionPool {
  return {
    session: async (host, signal) => holdHost(await sessions.session(host, signal), cluster, holder),
    close: () => sessions.close(),
  }
}

/** Releases the host; false, with nothing changed, if the operation does not hold it. */
export async function releaseLock(session: Session, holder: LockHolder): Promise<boolean> {
  return (await runScript(session, RELEASE, holder.owner, holder.operation)).stdout === 'released\n'
}

/** The host's lock; undefined when nobody holds it. */
export async function readLock(session: Session): Promise<HostLock | undefined> {
  return parseLock((await runScript(session, SHOW)).stdout)
}

/**
 * Takes the lock from its holder, whose operation cannot take it again: its next command fails with `LOCK_LOST`.
 * @returns false, with nothing changed, if the lock is no longer the given one.
 */
export async function breakLock(session: Session, lock: LockHolder): Promise<boolean> {
  return (await runScript(session, BREAK, lock.owner, lock.operation)).stdout === 'broken\n'
}

/** The units of an operation that run on the host. */
export async function unitsOf(session: Session, operation: string): Promise<readonly string[]> {
  return (await runningUnits(session)).filter((unit) => unit.startsWith(`quorate-${operation}-`))
}

/** The answer of a host whose certificate is not known yet. */
const ASKED_AGAIN = 'certificate'

/** How often a certificate may change while the lock is taken. */
const MOST_CERTIFICATES = 3

interface Answer {
  readonly word: string
  readonly detail: string
  /** What follows the first line. */
  readonly lines: string
}

/** Hashes of certificates' public keys, by the digest of the file: hosts know only digests. */
const keyHashes = new Map<string, string>()

async function acquire(session: Session, cluster: Cluster, holder: LockSeeker): Promise<Answer> {
  const { owner, operation, startedBy, began = operation } = holder
  if (/\s/.test(owner) || /\s/.test(operation)) throw new TypeError(`not a holder of a lock: ${owner}`)
  const args = [owner, operation, startedBy, cluster.name, session.host.machineId ?? '']
  for (let round = 0; ; round += 1) {
    const result = await runScript(session, ACQUIRE, ...args, digestsOf(cluster.caHash), began)
    const end = result.stdoutBytes.indexOf('\n')
    const [word = '', detail = ''] = result.stdoutBytes.subarray(0, end).toString().split(' ')
    const rest = result.stdoutBytes.subarray(end + 1)
    // A host that never says the same would be asked for ever.
    if (word !== ASKED_AGAIN || round === MOST_CERTIFICATES) return { word, detail, lines: rest.toString() }
    // The certificate is known from now on: the next round takes the lock, unless the certificate has changed
    // meanwhile.
    learnCertificate(session, cluster, rest)
  }
}

/** The digests that the certificate's file may have; empty if the cluster has no CA yet. */
function digestsOf(caHash: string | undefined): string {
  if (caHash === undefined) return ''
  const digests = [...keyHashes].filter(([, hash]) => hash === caHash).map(([digest]) => digest)
  return digests.length === 0 ? 'unknown' : digests.join(' ')
}

function learnCertificate(session: Session, cluster: Cluster, certificate: Buffer): void {
  const expected = cluster.caHash ?? ''
  const hash = keyHash(certificate) ?? expected
  if (hash !== expected) {
    throw foreign(session, `the cluster CA on the host is ${hash}, that of ${cluster.name} is ${expected}`)
  }
  keyHashes.set(createHash('sha256').update(certificate).digest('hex'), hash)
}

/** Undefined if it is not a certificate: what a power cut leaves of a join does not belong to another cluster. */
function keyHash(certificate: Buffer): string | undefined {
  try {
    return hashCaCertificate(certificate.toString())
  } catch {
    return undefined
  }
}

async function runScript(session: Session, text: string, ...args: readonly string[]): Promise<CommandResult> {
  const result = await session.run(script(text, ...args), { root: true })
  return expectSuccess(result, "looking at the host's lock", session.host)
}

function firstLine({ owner, operation }: LockHolder): string {
  return `${owner} ${operation}`
}

/** Reads the lock's file, or only its first line. */
function parseLock(text: string): HostLock | undefined {
  const [first = '', ...lines] = text.split('\n')
  const [owner = '', operation = ''] = first.split(' ')
  if (owner === '') return undefined
  const valueOf = (key: string) =>
    lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? 'unknown'
  return { owner, operation, startedBy: valueOf('started-by'), since: valueOf('since') }
}

async function hostLocked(
  session: Session,
  asking: LockHolder,
  lock: HostLock | undefined,
): Promise<QuorateError> {
  if (lock === undefined) throw new Error('a host is locked by nobody')
  const { startedBy, since, operation } = lock
  // The error must say who holds the host, even if systemd does not answer.
  const units = await unitsOf(session, operation).catch(() => undefined)
  return new QuorateError(
    'HOST_LOCKED',
    `the host is locked by ${name(lock, asking)}, started by ${startedBy}, since ${since}; ${describeUnits(units)}`,
    { host: session.host.name },
  )
}

function describeUnits(units: readonly string[] | undefined): string {
  if (units === undefined) return 'whether it runs anything there is not known'
  return units.length === 0 ? 'it runs nothing there now' : `${units.join(', ')} runs there now`
}

function lockLost(session: Session, holder: LockHolder, lock: HostLock | undefined): QuorateError {
  const now = lock === undefined ? 'it was broken or released' : `${name(lock, holder)} has it now`
  return new QuorateError(
    'LOCK_LOST',
    `operation ${holder.operation} no longer holds the lock of the host: ${now}`,
    { host: session.host.name },
  )
}

function foreign(session: Session, message: string): QuorateError {
  return new QuorateError('FOREIGN_CLUSTER', message, { host: session.host.name })
}

/** Describes a holder, as seen from another operation. */
function name({ owner, operation }: LockHolder, { owner: own }: LockHolder): string {
  const server = serverOf(owner) === serverOf(own) ? '' : ' of another Temporal server'
  return `operation ${operation} of ${workflowOf(owner)}${server}`
}

function serverOf(owner: string): string {
  return owner.slice(0, owner.indexOf('/'))
}

/** The workflow id in an owner, such as `cluster/prod`. */
export function workflowOf(owner: string): string {
  return owner.slice(owner.indexOf('/') + 1)
}
