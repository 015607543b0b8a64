/** Tells people what becomes of a run. Each delivery is a workflow of its own, so none holds the run up. */
import {
  CancellationScope,
  ParentClosePolicy,
  patched,
  sleep,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow'
import { destinationTitle, type Notification } from '../../cluster/notifications.js'
import type { ErrorReport } from '../../errors/index.js'
import type { OperationInput } from '../../operations/input.js'
import { deliveriesOf, NOTIFIER, type Delivery } from '../../operations/notifications/delivery.js'
import type { Untold } from '../../operations/notifications/event.js'
import {
  approvalEvent,
  failureEvent,
  parkedEvent,
  resultEvent,
  type Teller,
} from '../../operations/notifications/events.js'
import { OPERATIONS, type OperationKind, type Results } from '../../operations/registry.js'
import type { BlockedStep } from '../../operations/steps.js'
import { defined } from '../../values/defined.js'

/** Steps that are parked within this time are told together. */
const GATHER_MS = 5_000

/** Of steps that are parked, people are told this often at most: hundreds of hosts may fail one after the other. */
const PAUSE_MS = 60_000

/** Whoever starts a run is looking at its plan for so long. */
const APPROVAL_MS = 10 * 60_000

/** Temporal accepts 200 bytes of summary. */
const SUMMARY_BYTES = 200

export class Notices {
  private readonly notifications: readonly Notification[]
  private readonly teller: Teller
  private readonly blocked: () => readonly BlockedStep[]
  /** When each step was parked that people know of. */
  private readonly told = new Map<string, number>()
  private toldAt = -Infinity
  private isGathering = false

  /** @param blocked the steps that wait for a decision now. */
  constructor(kind: OperationKind, input: OperationInput, blocked: () => readonly BlockedStep[]) {
    const { cluster, schedule } = input
    // Whoever runs a command that only looks is looking.
    const isUnattended = OPERATIONS[kind].holdsCluster || schedule !== undefined
    this.notifications = (isUnattended ? cluster.notifications : undefined) ?? []
    const runId = workflowInfo().firstExecutionRunId
    this.teller = { cluster: cluster.name, operation: kind, runId, ...defined({ schedule }) }
    this.blocked = blocked
  }

  /** Called when a step was parked. It is told a little later, unless somebody has decided by then. */
  parked(): void {
    if (this.notifications.length === 0 || this.isGathering) return
    this.isGathering = true
    void CancellationScope.nonCancellable(() => this.gather())
  }

  /** A plan of so many changes waits for approval, and tells people so if that takes long. */
  async whileWaiting(approval: Promise<void>, changes: number): Promise<void> {
    if (this.notifications.length === 0 || !patched('notice-of-approval')) return approval
    const scope = new CancellationScope()
    const telling = scope.run(async () => {
      await sleep(APPROVAL_MS)
      await tell(this.notifications, approvalEvent(this.teller, changes))
    })
    try {
      await approval
    } finally {
      scope.cancel()
      // It was cancelled, or is over.
      await telling.catch(() => undefined)
    }
  }

  /** The run ends with a result. Returns once the deliveries have been started. */
  async succeeded(result: Results[OperationKind]): Promise<void> {
    if (this.notifications.length > 0) await tell(this.notifications, resultEvent(this.teller, result))
  }

  /** The run ends with an error. */
  async failed(error: ErrorReport): Promise<void> {
    if (this.notifications.length > 0) await tell(this.notifications, failureEvent(this.teller, error))
  }

  private async gather(): Promise<void> {
    await sleep(Math.max(GATHER_MS, this.toldAt + PAUSE_MS - Date.now()))
    this.isGathering = false
    const untold = this.blocked().filter(({ step, since }) => this.told.get(step) !== since)
    if (untold.length === 0) return
    for (const { step, since } of untold) this.told.set(step, since)
    this.toldAt = Date.now()
    await tell(this.notifications, parkedEvent(this.teller, untold))
  }
}

/** Starts the deliveries of an event. They outlive the run that starts them, also one that is cancelled. */
export function tell(notifications: readonly Notification[], untold: Untold): Promise<void> {
  // New for each event, the same in each replay, and another one if the run is reset to before it.
  const event = { version: 1 as const, id: uuid4(), time: new Date().toISOString(), ...untold }
  return CancellationScope.nonCancellable(async () => {
    await Promise.all(deliveriesOf(notifications, event).map(startDelivery))
  })
}

async function startDelivery({ workflowId, to, event }: Delivery): Promise<void> {
  try {
    await startChild(NOTIFIER, {
      workflowId,
      args: [{ to, event }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      // What is older than that is no news.
      workflowExecutionTimeout: '25h',
      staticSummary: `${event.event} → ${destinationTitle(to)}`.slice(0, SUMMARY_BYTES),
    })
  } catch {
    // A run goes on although nobody is told of it.
  }
}
