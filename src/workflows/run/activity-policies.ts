/**
 * How each class of activity is timed and retried. Errors that retries can't fix are marked non-retryable where
 * they are made (activities/frame/frame.ts); these policies are for the rest: hiccups of network, mirrors and load.
 */
import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow'
import type { Activities } from '../../activities/index.js'

/** Time without a sign of life after which a worker is taken for dead and the step goes to another attempt. */
const HEARTBEAT_TIMEOUT = '10s'

/**
 * From a worker's death to the next attempt, however often that happens. After an error the step itself says how long
 * and how often (activities/frame/frame.ts).
 */
const AFTER_LOST_WORKER = { initialInterval: '1s', backoffCoefficient: 1 } as const

/** What changes hosts is waited for when it is cancelled: the operation ends only when nothing runs any more. */
const CHANGES = {
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: AFTER_LOST_WORKER,
} as const

const POLICIES = {
  /** Reads only; a second try costs nothing. */
  observe: {
    startToCloseTimeout: '2m',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { ...AFTER_LOST_WORKER, maximumAttempts: 4 },
  },
  /** Nobody waits for it, and the lock of a host that is away may stay. */
  release: {
    startToCloseTimeout: '1m',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { initialInterval: '1s', maximumAttempts: 2 },
  },
  /** Package repositories and registries flap, and other programs hold the package lock for minutes. */
  prepare: {
    ...CHANGES,
    startToCloseTimeout: '40m',
  },
  /** kubeadm's own time-outs add up to about 20 minutes; a lost worker or connection is not kubeadm's failure. */
  kubeadm: {
    ...CHANGES,
    startToCloseTimeout: '45m',
  },
  /** Waits for something outside for as long as it takes; the operator may end it by signal or cancel. */
  wait: {
    startToCloseTimeout: '30d',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: AFTER_LOST_WORKER,
  },
} as const satisfies Record<string, ActivityOptions>

export type PolicyClass = keyof typeof POLICIES

/** Activities of one policy class whose calls carry a summary for the Temporal UI, and an id made of it. */
export function activities(policy: PolicyClass, summary: string): ActivityProxies {
  return proxyActivities<Activities>({ ...POLICIES[policy], summary, activityId: activityId(summary) })
}

/** How often each summary was used; of one run, since each has these modules for itself. */
const used = new Map<string, number>()

/**
 * An id that says what is done where. A replay compares ids, as it does not compare arguments: code that would do the
 * same on other hosts, or in another order, fails there, instead of taking the result of one host for that of another.
 */
function activityId(summary: string): string {
  const number = (used.get(summary) ?? 0) + 1
  used.set(summary, number)
  return number === 1 ? summary : `${summary} (${number})`
}

export type ActivityProxies = ReturnType<typeof proxyActivities<Activities>>
