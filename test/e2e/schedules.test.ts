import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScheduleState } from '../../src/client/schedules/list.js'
import { eventually } from '../support/eventually.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import { changedClusterFile } from './support/changed-cluster-file.js'

const MINUTE_MS = 60_000
const FOLDER = '/var/lib/quorate/snapshots'

/** A cluster whose file asks for a snapshot every minute. */
const fleet = new Fleet('schedules')
let file = ''

beforeAll(async () => {
  await fleet.up('--control-planes', '1', '--workers', '0')
  file = changedClusterFile(fleet, 'with-schedules.yaml', (spec) => {
    const schedules = { snapshot: { cron: '* * * * *' } }
    Object.assign(spec, { schedules, etcd: { ...spec.etcd, snapshots: { keep: { count: 100 } } } })
  })
  expectDone(await fleet.quorate('apply', '-f', file))
})
afterAll(async () => {
  await fleet.down()
})

async function state(): Promise<ScheduleState> {
  const { stdout } = await fleet.quorate('--json', 'schedule', 'list', '-f', file)
  const [only] = (JSON.parse(stdout) as { schedules: readonly ScheduleState[] }).schedules
  if (only === undefined) throw new Error(`no schedule in ${stdout}`)
  return only
}

const snapshots = async () =>
  Number(await fleet.on('cp1', `ls ${FOLDER} 2>/dev/null | grep -c '\\.db$' || true`))

/** Waits until the last time that came due after a moment has ended like this. */
async function lastEnds(end: string, after: number): Promise<ScheduleState> {
  let found: ScheduleState | undefined
  await eventually(
    async () => {
      found = await state()
      return found.last !== undefined && found.last.at >= after && found.last.end === end
    },
    `a time after ${new Date(after).toISOString()} ends as ${end}`,
    3 * MINUTE_MS,
  )
  if (found === undefined) throw new Error('no last time')
  return found
}

describe('a schedule of the cluster file', () => {
  it('takes a snapshot of the real etcd when it comes due, with nobody there', async () => {
    await lastEnds('done', 0)
    expect(await snapshots()).toBeGreaterThan(0)
    expect((await state()).missed).toBe(0)
  })

  it('makes up with one run for what came due while the server was down', async () => {
    // Not in the middle of a run.
    await lastEnds('done', Date.now())
    const before = await snapshots()
    expectDone(await fleet.quorate('engine', 'stop'))
    const downAt = Date.now()
    await delay(3 * MINUTE_MS + 10_000)
    expect(await snapshots()).toBe(before)
    expectDone(await fleet.quorate('engine', 'start'))
    const upAt = Date.now()
    await eventually(async () => (await snapshots()) > before, 'a snapshot makes up for them', MINUTE_MS)
    const { missed, overlapped } = await state()
    expect(missed).toBe(0)
    const due = Math.floor(upAt / MINUTE_MS) - Math.floor(downAt / MINUTE_MS)
    console.log(
      `schedules: ${due} times came due, ${(await snapshots()) - before} made up for, ${overlapped} left out`,
    )
    // Those of minutes that have begun since come on top.
    const since = Math.floor(Date.now() / MINUTE_MS) - Math.floor(upAt / MINUTE_MS)
    expect((await snapshots()) - before).toBeLessThanOrEqual(1 + since)
  })

  it('skips a time at which another operation holds the cluster, and says which', async () => {
    await lastEnds('done', Date.now())
    // It waits for an approval that does not come.
    const holding = fleet.startQuorate('reboot', 'cp1', '-f', file)
    const { last } = await lastEnds('skipped', Date.now())
    expect(last?.heldBy?.kind).toBe('reboot')
    holding.child.kill('SIGINT')
    await holding.ended
    await fleet.quorate('cancel', fleet.name)
    await lastEnds('done', Date.now())
  })

  it('is not run while it is paused, and goes when it leaves the file', async () => {
    expectDone(await fleet.quorate('schedule', 'pause', 'snapshot', '-f', file))
    const before = await snapshots()
    await delay(MINUTE_MS + 5_000)
    expect(await snapshots()).toBe(before)
    expectDone(await fleet.quorate('schedule', 'sync', '-f', fleet.clusterFile))
    const { stdout } = await fleet.quorate('--json', 'schedule', 'list', '-f', fleet.clusterFile)
    expect(JSON.parse(stdout)).toMatchObject({ schedules: [], pending: [] })
  })
})
