/** Keeps the schedules of a cluster as its file has them, and lets people pause and trigger them. */
import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client'
import type { Cluster } from '../../cluster/model.js'
import type { ScheduleKind } from '../../cluster/schedules.js'
import { QuorateError } from '../../errors/index.js'
import { SCHEDULE_KINDS, scheduleId } from '../../operations/schedule/schedules.js'
import { ensureSearchAttributes, missingSearchAttributes } from '../../temporal/search-attributes.js'
import { isUnimplemented } from '../../temporal/service-error.js'
import { isAsWanted, scheduleOptions, type ScheduleSetup } from './options.js'

/** What a sync does to a schedule. */
export interface ScheduleChange {
  readonly kind: ScheduleKind
  readonly change: 'created' | 'updated' | 'deleted'
}

/** How the schedules of a cluster differ from its file: what a sync would change. */
export async function pendingScheduleChanges(
  client: Client,
  cluster: Cluster,
  clusterFile: string,
): Promise<readonly ScheduleChange[]> {
  const hasAll = cluster.schedules !== undefined && (await missingSearchAttributes(client)).length === 0
  const pending = await compare(client, { cluster, clusterFile, searchAttributes: hasAll })
  return pending.map(({ kind, change }) => ({ kind, change }))
}

/**
 * Makes the schedules equal to those of the file; those that are equal are not written. What is paused stays paused.
 * @returns what was changed.
 */
export async function syncSchedules(
  client: Client,
  cluster: Cluster,
  clusterFile: string,
): Promise<readonly ScheduleChange[]> {
  const searchAttributes = cluster.schedules !== undefined && (await ensureSearchAttributes(client))
  try {
    const pending = await compare(client, { cluster, clusterFile, searchAttributes })
    for (const { act } of pending) await act()
    return pending.map(({ kind, change }) => ({ kind, change }))
  } catch (error) {
    // A server that has no schedules at all has none of a cluster whose file declares none.
    if (cluster.schedules === undefined && isUnimplemented(error)) return []
    throw error
  }
}

interface Pending extends ScheduleChange {
  readonly act: () => Promise<unknown>
}

async function compare(client: Client, setup: ScheduleSetup): Promise<readonly Pending[]> {
  const compared = await Promise.all(SCHEDULE_KINDS.map((kind) => compareOne(client, kind, setup)))
  return compared.filter((one) => one !== undefined)
}

async function compareOne(
  client: Client,
  kind: ScheduleKind,
  setup: ScheduleSetup,
): Promise<Pending | undefined> {
  const { name, schedules } = setup.cluster
  const time = schedules?.[kind]
  const found = await describeSchedule(client, name, kind)
  const handle = client.schedule.getHandle(scheduleId(name, kind))
  if (time === undefined) {
    return found === undefined ? undefined : { kind, change: 'deleted', act: () => handle.delete() }
  }
  const wanted = scheduleOptions(kind, time, setup)
  if (found === undefined) return { kind, change: 'created', act: () => client.schedule.create(wanted) }
  if (isAsWanted(client, found, wanted)) return undefined
  const { spec, action, policies } = wanted
  const act = () => handle.update(({ state }) => ({ spec, action, policies, state }))
  return { kind, change: 'updated', act }
}

/** What the server has of a schedule; undefined if there is none. */
export async function describeSchedule(
  client: Client,
  clusterName: string,
  kind: ScheduleKind,
): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(scheduleId(clusterName, kind)).describe()
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  }
}

/** What people can tell a schedule. `trigger`: start its operation now, also while it is paused. */
export type ScheduleOrder = 'pause' | 'unpause' | 'trigger'

/** @throws QuorateError `SCHEDULE_UNKNOWN` */
export async function orderSchedule(
  client: Client,
  clusterName: string,
  kind: ScheduleKind,
  order: ScheduleOrder,
): Promise<void> {
  const handle = client.schedule.getHandle(scheduleId(clusterName, kind))
  try {
    switch (order) {
      case 'pause':
        await handle.pause('by quorate schedule pause')
        break
      case 'unpause':
        await handle.unpause('by quorate schedule unpause')
        break
      case 'trigger':
        await handle.trigger('SKIP')
        break
    }
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error
    throw new QuorateError('SCHEDULE_UNKNOWN', `${clusterName} has no schedule ${kind}`, { cause: error })
  }
}
