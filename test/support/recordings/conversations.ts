/** Runs that are interrupted by failures, decisions, signals or a cancel. */
import { Context } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import { aCluster, aHost, bareFacts } from '../clusters.js'
import { failing, fakeActivities, hopeless } from '../fake-activities.js'
import { decide } from '../conversation.js'
import { apply, beating, untilState, type Hosts, type Recording } from './recording.js'

const obey = fakeActivities().activities
const small = (name: string) =>
  aCluster({ name, hosts: ['cp1', 'cp2', 'cp3', 'w1', 'lb1'].map((name) => aHost(name)) })

/** A run in which a step on this host fails once, in a way that only a person can fix. */
const failingJoin = (name: string): Hosts => ({
  joinControlPlane: failing(obey.joinControlPlane, name),
  joinWorker: failing(obey.joinWorker, name),
})

/** Hosts whose step waits for `said`, which resolves once a message was sent to the run. */
function waitingStep(said: (run: WorkflowHandle) => Promise<unknown>) {
  let begin: (run: WorkflowHandle) => void = () => undefined
  const begun = new Promise<WorkflowHandle>((resolve) => (begin = resolve))
  const wait = async (): Promise<void> => {
    await said(await begun)
  }
  return { begin, wait }
}

/** By name, which is also the name of the file. */
export const CONVERSATIONS: Readonly<Record<string, (name: string) => Recording>> = {
  'apply-preflight-failed': (name) =>
    apply(
      small(name),
      {
        gatherFacts: (_: Cluster, host: Host) =>
          Promise.resolve(bareFacts(host.name, host.name === 'w1' ? { freeMiB: 10 } : {})),
      },
      { ends: 'PREFLIGHT_FAILED' },
    ),
  'apply-host-locked': (name) =>
    apply(
      small(name),
      {
        lockHost: (_: Cluster, host: Host) =>
          Promise.reject(hopeless('HOST_LOCKED', 'held by another', host.name)),
      },
      { ends: 'HOST_LOCKED' },
    ),
  'apply-reviewed': (name) =>
    apply(
      small(name),
      {},
      {
        review: true,
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'approve', {})
        },
      },
    ),
  'apply-review-turned-down': (name) =>
    apply(
      small(name),
      {},
      {
        review: true,
        ends: 'OPERATION_ABORTED',
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'abort', { reason: 'not today' })
        },
      },
    ),
  'apply-retried': (name) =>
    apply(small(name), failingJoin('w1'), {
      talk: async (run) => {
        await untilState(run, 'blocked')
        await decide(run, 'retryStep', { step: 'workers/w1' })
      },
    }),
  'apply-worker-skipped': (name) =>
    apply(small(name), failingJoin('w1'), {
      talk: async (run) => {
        await untilState(run, 'blocked')
        await decide(run, 'skipStep', { step: 'workers/w1', reason: 'sent to repair' })
      },
    }),
  'apply-control-plane-skipped': (name) =>
    apply(
      small(name),
      { ...failingJoin('cp2'), settleJoin: () => Promise.resolve({ onSkip: 'removes its etcd member' }) },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'skipStep', { step: 'control-planes/cp2', reason: 'dead' })
        },
      },
    ),
  'apply-verification-retried': (name) =>
    apply(
      small(name),
      { verifyCluster: failing(obey.verifyCluster, 'cp1') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'retryStep', {})
        },
      },
    ),
  'apply-aborted': (name) =>
    apply(small(name), failingJoin('w1'), {
      ends: 'OPERATION_ABORTED',
      talk: async (run) => {
        await untilState(run, 'blocked')
        await decide(run, 'abort', { reason: 'wrong network' })
      },
    }),
  'apply-paused': (name) => {
    const { begin, wait } = waitingStep((run) => run.signal(MESSAGES.pause))
    const initControlPlane = (cluster: Cluster, host: Host) =>
      beating(host, async () => {
        await wait()
        return obey.initControlPlane(cluster, host)
      })
    return apply(
      small(name),
      { initControlPlane },
      {
        talk: async (run) => {
          begin(run)
          await untilState(run, 'paused')
          await run.signal(MESSAGES.resume)
        },
      },
    )
  },
  'apply-load-balancer-vouched-for': (name) =>
    apply(
      small(name),
      { checkLoadBalancer: (_: Cluster, host: Host) => beating(host, () => Context.current().cancelled) },
      {
        talk: async (run) => {
          await untilState(run, 'waiting')
          await run.signal(MESSAGES.loadBalancerReady)
        },
      },
    ),
  'apply-cancelled': (name) => {
    const { begin, wait } = waitingStep((run) => run.cancel())
    const joinControlPlane = (_: Cluster, host: Host) =>
      beating(host, async () => {
        await wait()
        return Context.current().cancelled
      })
    return apply(
      small(name),
      { joinControlPlane },
      {
        ends: 'OPERATION_CANCELLED',
        talk: (run) => {
          begin(run)
          return Promise.resolve()
        },
      },
    )
  },
  'plan-cancelled': (name) => {
    const { begin, wait } = waitingStep((run) => run.cancel())
    const gatherFacts = (_: Cluster, host: Host) =>
      beating(host, async () => {
        await wait()
        return Context.current().cancelled
      })
    return {
      ...apply(small(name), { gatherFacts }),
      kind: 'plan',
      ends: 'OPERATION_CANCELLED',
      talk: (run) => {
        begin(run)
        return Promise.resolve()
      },
    }
  },
}

/** A run with sealed payloads. */
export const SEALED: Readonly<Record<string, (name: string) => Recording>> = {
  'apply-retried': (name) =>
    apply(small(name), failingJoin('w1'), {
      talk: async (run, stranger) => {
        await untilState(run, 'blocked')
        await stranger.signal(MESSAGES.pause)
        await run.signal(MESSAGES.pause)
        await run.signal(MESSAGES.resume)
        await decide(run, 'retryStep', { step: 'workers/w1' })
      },
    }),
}
