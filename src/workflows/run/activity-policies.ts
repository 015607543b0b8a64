/**
 * Time-outs and retries of each class of activity. Errors that retries cannot fix are marked non-retryable where they
 * are made (activities/frame/frame.ts). These policies handle the rest: hiccups of network, mirrors and load.
 */
import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow'
import type { Activities } from '../../activities/index.js'

/** Time without a heartbeat after which a worker counts as dead and the step goes to another attempt. */
const HEARTBEAT_TIMEOUT = '10s'

/**
 * Delay between a worker's death and the next attempt, however often that happens. After an error, the step itself
 * decides the delay and the number of attempts (activities/frame/frame.ts).
 */
const AFTER_LOST_WORKER = { initialInterval: '1s', backoffCoefficient: 1 } as const

/** A cancel waits for activities that change hosts: the operation ends only when nothing runs any more. */
const CHANGES = {
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: AFTER_LOST_WORKER,
} as const

const POLICIES = {
  /** Looks, or does what a second try does not do twice. A cancel does not wait for it: the host's lock keeps it out. */
  observe: {
    startToCloseTimeout: '2m',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { ...AFTER_LOST_WORKER, maximumAttempts: 4 },
  },
  /** Nobody waits for it. A host that is away may stay locked. */
  release: {
    startToCloseTimeout: '1m',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { initialInterval: '1s', maximumAttempts: 2 },
  },
  /** Tells somebody. Whoever is told may be away for hours; after a day it is no news. */
  deliver: {
    startToCloseTimeout: '1m',
    scheduleToCloseTimeout: '24h',
    retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '15m' },
  },
  /** Tells somebody once, while a person waits for the answer. */
  try: {
    startToCloseTimeout: '1m',
    retry: { maximumAttempts: 1 },
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
  /** Waits for pods and volumes, for as long as the operator has allowed. */
  drain: {
    ...CHANGES,
    startToCloseTimeout: '30d',
  },
  /** Several of kubeadm's own time-outs one after the other, or the drain of a node, for which people may allow a day. */
  upgrade: {
    ...CHANGES,
    startToCloseTimeout: '26h',
  },
  /** Waits for something outside for as long as it takes. The operator may end it by signal or cancel. */
  wait: {
    startToCloseTimeout: '30d',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: AFTER_LOST_WORKER,
  },
} as const satisfies Record<string, ActivityOptions>

export type PolicyClass = keyof typeof POLICIES

/** Activities of one policy class. Their calls carry a summary for the Temporal UI, and an ID made from it. */
export function activities(policy: PolicyClass, summary: string): ActivityProxies {
  return proxyActivities<Activities>({ ...POLICIES[policy], summary, activityId: activityId(summary) })
}

/** How often each summary was used in this run; each run has its own copy of this module. */
const used = new Map<string, number>()

/**
 * An ID that says what is done where. A replay compares IDs, but not arguments. Code that would do the same on other
 * hosts or in another order therefore fails in the replay, instead of taking one host's result for another's.
 */
function activityId(summary: string): string {
  const number = (used.get(summary) ?? 0) + 1
  used.set(summary, number)
  return number === 1 ? summary : `${summary} (${number})`
}

export type ActivityProxies = ReturnType<typeof proxyActivities<Activities>>
