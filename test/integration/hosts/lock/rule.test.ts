/** The rule by which a host's lock changes hands, against a model of it, on this machine's own shell. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  breakLock,
  holdHost,
  readLock,
  releaseLock,
  type LockHolder,
} from '../../../../src/hosts/lock/lock.js'
import { isQuorateError } from '../../../../src/errors/index.js'
import { aCluster } from '../../../support/clusters.js'
import { localSession } from '../../../support/local-session.js'
import { inFolder } from '../../../support/session-in-folder.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-lock-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const cluster = aCluster()
const STARTED_BY = 'alice@laptop'
const OWNERS = ['0b9a/cluster/prod', '77c1/cluster/prod']
const OPERATIONS = ['01a20876-49e0', '01a20876-49e1', '01a20879-f92d']

/** Whose the host is, and which operations lost it by force. */
class Model {
  private holder: LockHolder | undefined
  private readonly broken: LockHolder[] = []

  acquire(asking: LockHolder): string {
    if (this.broken.some((one) => one.owner === asking.owner && asking.operation <= one.operation))
      return 'LOCK_LOST'
    if (this.holder !== undefined && this.holder.owner !== asking.owner) return 'HOST_LOCKED'
    if (this.holder !== undefined && this.holder.operation > asking.operation) return 'LOCK_LOST'
    this.holder = asking
    return 'held'
  }

  release(one: LockHolder): boolean {
    const isHeld = this.isHolder(one)
    if (isHeld) this.holder = undefined
    return isHeld
  }

  break(one: LockHolder): boolean {
    if (!this.release(one)) return false
    this.broken.push(one)
    return true
  }

  current(): Pick<LockHolder, 'owner' | 'operation'> | undefined {
    return this.holder && { owner: this.holder.owner, operation: this.holder.operation }
  }

  private isHolder(one: LockHolder): boolean {
    return this.holder?.owner === one.owner && this.holder.operation === one.operation
  }
}

const holders = fc.record({
  owner: fc.constantFrom(...OWNERS),
  operation: fc.constantFrom(...OPERATIONS),
  startedBy: fc.constant(STARTED_BY),
})
const moves = fc.array(fc.tuple(fc.constantFrom('acquire', 'release', 'break'), holders), { maxLength: 12 })

describe('a host lock requested by an operation that was reset', () => {
  const [owner = ''] = OWNERS
  const [began = '', , later = ''] = OPERATIONS
  const apply = { owner, operation: began, startedBy: STARTED_BY }
  // Temporal gives a reset a random id.
  const reset = { ...apply, operation: '5e0c91d3-8a44', began }
  const session = () => inFolder(localSession(), folder)

  it('is granted as before the reset', async () => {
    await holdHost(session(), cluster, apply)
    await holdHost(session(), cluster, reset)
    await releaseLock(session(), reset)
    await holdHost(session(), cluster, reset)
  })

  it('is refused once a later operation has held the host', async () => {
    const next = { ...apply, operation: later }
    for (const one of [apply, next]) {
      await holdHost(session(), cluster, one)
      await releaseLock(session(), one)
    }
    await expect(holdHost(session(), cluster, reset)).rejects.toMatchObject({
      code: 'LOCK_LOST',
      message: expect.stringContaining('another operation has held the host since') as string,
    })
    await holdHost(session(), cluster, next)
  })
})

describe('the host lock', () => {
  it('changes hands according to the model, whatever the order of requests', async () => {
    await fc.assert(
      fc.asyncProperty(moves, async (sequence) => {
        rmSync(join(folder, 'state'), { recursive: true, force: true })
        const session = inFolder(localSession(), folder)
        const model = new Model()
        for (const [move, holder] of sequence) {
          if (move === 'acquire')
            expect(await outcome(holdHost(session, cluster, holder))).toBe(model.acquire(holder))
          if (move === 'release') expect(await releaseLock(session, holder)).toBe(model.release(holder))
          if (move === 'break') expect(await breakLock(session, holder)).toBe(model.break(holder))
          const lock = await readLock(session)
          expect(lock && { owner: lock.owner, operation: lock.operation }).toEqual(model.current())
        }
      }),
      { numRuns: 30 },
    )
  }, 120_000)

  it.each(['sync', 'mv'])('is unchanged if the taker is killed during %s', async (program) => {
    const [first, second] = OPERATIONS.map((operation) => ({
      owner: OWNERS[0] ?? '',
      operation,
      startedBy: STARTED_BY,
    }))
    if (first === undefined || second === undefined) throw new Error('two operations are needed')
    await holdHost(inFolder(localSession(), folder), cluster, first)
    const programs = join(folder, 'programs')
    mkdirSync(programs)
    writeFileSync(join(programs, program), '#!/bin/sh\nkill -KILL "$PPID"\n')
    chmodSync(join(programs, program), 0o755)
    const dying = localSession({ environment: { PATH: `${programs}:${process.env['PATH']}` } })
    await expect(holdHost(inFolder(dying, folder), cluster, second)).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
    })
    const session = inFolder(localSession(), folder)
    expect(await readLock(session)).toMatchObject(first)
    await holdHost(session, cluster, second)
    expect(await readLock(session)).toMatchObject(second)
  })

  it('is not rewritten for a holder that already has it', async () => {
    const session = inFolder(localSession(), folder)
    const holder = { owner: OWNERS[0] ?? '', operation: OPERATIONS[0] ?? '', startedBy: STARTED_BY }
    await holdHost(session, cluster, holder)
    const file = join(folder, 'state', 'lock')
    const taken = readFileSync(file, 'utf8')
    expect(taken).toMatch(
      /^0b9a\/cluster\/prod 01a20876-49e0\nstarted-by alice@laptop\nsince \d{4}-\d\d-\d\dT[\d:]+Z\n$/,
    )
    writeFileSync(file, taken.replace('alice', 'bob'))
    await holdHost(session, cluster, holder)
    expect(await readLock(session)).toMatchObject({ startedBy: 'bob@laptop' })
  })

  it('leaves nothing behind on an unlocked host when it is read, released or broken', async () => {
    const session = inFolder(localSession(), folder)
    const holder = { owner: OWNERS[0] ?? '', operation: OPERATIONS[0] ?? '', startedBy: STARTED_BY }
    expect(await readLock(session)).toBeUndefined()
    expect(await releaseLock(session, holder)).toBe(false)
    expect(await breakLock(session, holder)).toBe(false)
    expect(existsSync(join(folder, 'state'))).toBe(false)
  })
})

/** `held`, or the code of the refusal. */
async function outcome(acquiring: Promise<unknown>): Promise<string> {
  try {
    await acquiring
    return 'held'
  } catch (error) {
    if (isQuorateError(error)) return error.code
    throw error
  }
}
