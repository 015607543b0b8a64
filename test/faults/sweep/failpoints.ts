/**
 * Loaded into the product's own worker process before its program. It tells the test about each activity's beginning, end
 * and report over the IPC channel, and continues when the test answers. The test may kill the process instead.
 */
import { Context } from '@temporalio/activity'
import { Worker, type WorkerOptions } from '@temporalio/worker'
import type { ActivityEvent, ActivityPlace } from './worker-process.js'

type Activity = (...args: unknown[]) => Promise<unknown>
interface NativeWorker {
  completeActivityTask(completion: Buffer): Promise<void>
}

const waiting = new Map<number, () => void>()
/** Activities whose body has ended and whose report is on its way, by task token. */
const ended = new Map<string, Omit<ActivityEvent, 'id' | 'place'>>()
let lastId = 0

process.on('message', (id: number) => {
  waiting.get(id)?.()
  waiting.delete(id)
})
// The test is gone, and nothing of it may stay.
process.on('disconnect', () => process.exit(1))

function tell(place: ActivityPlace, of: Omit<ActivityEvent, 'id' | 'place'>): Promise<void> {
  return new Promise((resolve) => {
    lastId += 1
    waiting.set(lastId, resolve)
    process.send?.({ id: lastId, place, ...of } satisfies ActivityEvent)
  })
}

function watched(type: string, activity: Activity): Activity {
  return async (...args) => {
    const { activityId, attempt, base64TaskToken } = Context.current().info
    const activityOf = { type, ...hostsOf(type, args), activityId, attempt }
    await tell('before-effect', activityOf)
    const result = await activity(...args)
    await tell('after-effect', activityOf)
    ended.set(base64TaskToken, activityOf)
    return result
  }
}

/** Act on their second host, a control plane: the first leaves, or may be out of reach. */
const THROUGH_ANOTHER = [
  ...['drainNode', 'keepNode', 'removeMember', 'deleteNode', 'releaseNode'],
  ...['settleJoin', 'abandonJoin', 'isKubeletUpgraded'],
]

/** Hosts are the arguments that have a name and an address. */
function hostsOf(type: string, args: readonly unknown[]): { readonly host: string; readonly on: string } {
  const isHost = (value: unknown): value is { name: string } =>
    typeof value === 'object' && value !== null && 'name' in value && 'address' in value
  const [host = '', second = ''] = args.filter(isHost).map(({ name }) => name)
  return { host, on: THROUGH_ANOTHER.includes(type) ? second : host }
}

function watchReports(worker: Worker): void {
  const native = (worker as unknown as { readonly nativeWorker: NativeWorker }).nativeWorker
  const complete = native.completeActivityTask.bind(native)
  native.completeActivityTask = async (completion) => {
    // Resolves when the server has answered.
    await complete(completion)
    for (const [token, activityOf] of ended) {
      if (!completion.includes(Buffer.from(token, 'base64'))) continue
      ended.delete(token)
      await tell('after-report', activityOf)
    }
  }
}

const create = Worker.create.bind(Worker)
Worker.create = async (options: WorkerOptions): Promise<Worker> => {
  const activities = Object.entries(options.activities as Readonly<Record<string, Activity>>)
  const worker = await create({
    ...options,
    activities: Object.fromEntries(activities.map(([type, activity]) => [type, watched(type, activity)])),
  })
  watchReports(worker)
  return worker
}
