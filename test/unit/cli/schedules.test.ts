import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pc from 'picocolors'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { keepSchedules } from '../../../src/cli/schedules/keep.js'
import type { Context } from '../../../src/cli/context.js'
import type { Quorate } from '../../../src/client.js'
import type { ScheduleChange } from '../../../src/client/schedules/sync.js'
import type { Cluster } from '../../../src/cluster/model.js'
import { QuorateError } from '../../../src/errors/index.js'
import { aCluster } from '../../support/clusters.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-keep-'))
const file = join(folder, 'cluster.yaml')
writeFileSync(file, 'kind: Cluster\n')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const DAILY = { cron: '0 3 * * *', timeZone: 'UTC' }
const declared = { ...aCluster(), schedules: { snapshot: DAILY } }

let synced: (readonly [Cluster, string])[]
let notes: string[]
beforeEach(() => {
  synced = []
  notes = []
})

/** What is known of a command, as far as schedules are concerned. */
function context(): Context {
  const io = { note: (text: string) => notes.push(text), style: pc.createColors(false) }
  return { io, json: false, file } as unknown as Context
}

/** A client whose sync makes these changes, or fails. */
function client(outcome: readonly ScheduleChange[] | Error): Quorate {
  return {
    syncSchedules: (cluster: Cluster, text: string) => {
      synced.push([cluster, text])
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome)
    },
  } as unknown as Quorate
}

const apply = (cluster: Cluster, outcome: readonly ScheduleChange[] | Error) =>
  keepSchedules(context(), client(outcome), 'apply', cluster, {})

describe('an apply', () => {
  it('makes the schedules those of the file that it applies, and says what changed', async () => {
    await apply(declared, [
      { kind: 'snapshot', change: 'created' },
      { kind: 'drift', change: 'deleted' },
    ])
    expect(synced).toEqual([[declared, 'kind: Cluster\n']])
    expect(notes).toEqual(['schedules: snapshot created, drift deleted'])
  })

  it('says nothing of schedules that are as they should be', async () => {
    await apply(declared, [])
    expect(notes).toEqual([])
  })

  it('syncs a file that declares none any more: what was declared before goes', async () => {
    await apply(aCluster(), [{ kind: 'snapshot', change: 'deleted' }])
    expect(synced).toEqual([[aCluster(), 'kind: Cluster\n']])
    expect(notes).toEqual(['schedules: snapshot deleted'])
  })

  it.each([
    ['declares some', declared],
    ['declares none any more, and would still be served by those of before', aCluster()],
  ])('goes on without a sync, and says so, if the file %s', async (_, cluster) => {
    await apply(cluster, new QuorateError('TEMPORAL_ACCESS_DENIED', 'the server refuses access'))
    expect(notes).toEqual([
      '⚠ schedules are as they were: the server refuses access; try `quorate schedule sync` later',
    ])
  })
})

describe('other operations', () => {
  it('leave schedules alone', async () => {
    await keepSchedules(context(), client([]), 'upgrade', declared, {})
    await keepSchedules(context(), client([]), 'reset', declared, { request: { all: false } })
    expect(synced).toEqual([])
  })

  it('delete them with the cluster', async () => {
    await keepSchedules(context(), client([]), 'reset', declared, { request: { all: true } })
    expect(synced).toEqual([[aCluster(), '']])
  })
})
