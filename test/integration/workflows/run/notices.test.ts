import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Notification } from '../../../../src/cluster/notifications.js'
import type { NotificationEvent } from '../../../../src/operations/notifications/event.js'
import type { OperationInput } from '../../../../src/operations/input.js'
import { Notices } from '../../../../src/workflows/run/notices.js'
import { aCluster } from '../../../support/clusters.js'

/** The parts of Temporal's sandbox that notices use, with a clock that stands still until a timer is fired. */
const sandbox = vi.hoisted(() => ({
  timers: [] as { readonly ms: number; readonly fire: () => void; isCancelled: boolean }[],
  told: [] as unknown[],
}))
vi.mock('@temporalio/workflow', () => {
  class CancellationScope {
    readonly #timers = sandbox.timers
    run<Result>(act: () => Promise<Result>) {
      return act()
    }
    cancel() {
      for (const timer of this.#timers) timer.isCancelled = true
      for (const timer of this.#timers) timer.fire()
    }
    static nonCancellable<Result>(act: () => Promise<Result>) {
      return act()
    }
  }
  const sleep = (ms: number) =>
    new Promise<void>((resolve, reject) => {
      const timer = {
        ms,
        isCancelled: false,
        fire: () => (timer.isCancelled ? reject(new Error('cancelled')) : resolve()),
      }
      sandbox.timers.push(timer)
    })
  const startChild = (_: string, { args }: { readonly args: readonly [{ readonly event: unknown }] }) => {
    sandbox.told.push(args[0].event)
    return Promise.resolve()
  }
  return {
    ...{ CancellationScope, sleep, startChild },
    ParentClosePolicy: { ABANDON: 'ABANDON' },
    patched: () => true,
    uuid4: () => 'id',
    workflowInfo: () => ({ firstExecutionRunId: 'run' }),
  }
})

const NOTIFICATIONS: readonly Notification[] = [
  { on: ['parked'], to: { kind: 'command', argv: ['/bin/page'] } },
]

function notices(notifications = NOTIFICATIONS): Notices {
  return new Notices('upgrade', { cluster: aCluster({ notifications }) } as OperationInput, () => [])
}

/** A plan that waits, and its approval. */
function waiting(told: Notices) {
  let approve: () => void = () => undefined
  const approval = new Promise<void>((resolve) => (approve = resolve))
  return { approve, done: told.whileWaiting(approval, 3) }
}

beforeEach(() => {
  sandbox.timers.length = 0
  sandbox.told.length = 0
})

describe('a plan that waits for approval', () => {
  it('is told once, after ten minutes', async () => {
    const { approve, done } = waiting(notices())
    const [timer] = sandbox.timers
    expect(timer?.ms).toBe(600_000)
    timer?.fire()
    await vi.waitFor(() => expect(sandbox.told).toHaveLength(1))
    const [event] = sandbox.told as readonly NotificationEvent[]
    expect(event).toMatchObject({
      event: 'parked',
      text: `${aCluster().name}: upgrade waits for your approval of 3 changes`,
      next: [`quorate attach ${aCluster().name}`],
    })
    approve()
    await done
    expect(sandbox.told).toHaveLength(1)
  })

  it('is not told when somebody has approved it before', async () => {
    const { approve, done } = waiting(notices())
    approve()
    await done
    expect(sandbox.timers.map(({ isCancelled }) => isCancelled)).toEqual([true])
    expect(sandbox.told).toEqual([])
  })

  it('starts no timer where nobody is to be told', async () => {
    const { approve, done } = waiting(notices([]))
    approve()
    await done
    expect(sandbox.timers).toEqual([])
  })

  it('passes on that the run was aborted', async () => {
    const aborted = notices().whileWaiting(Promise.reject(new Error('aborted')), 1)
    await expect(aborted).rejects.toThrow('aborted')
    expect(sandbox.told).toEqual([])
  })
})
