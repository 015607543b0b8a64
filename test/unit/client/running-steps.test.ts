import { Client, defaultPayloadConverter, type WorkflowExecutionDescription } from '@temporalio/client'
import { encodeTimeoutType } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { QuorateError } from '../../../src/errors/index.js'
import { runningSteps } from '../../../src/client/running-steps.js'

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number]

/** Looks only at what is described: the server is never asked. */
const client = new Client({ connection: {} as never })

async function stepOf(pending: Pending) {
  const description = { raw: { pendingActivities: [pending] } } as unknown as WorkflowExecutionDescription
  return (await runningSteps(client, description))[0]
}

describe('a running step', () => {
  it('shows the host and the line of its last heartbeat', async () => {
    const details = { host: 'cp2', line: 'kubeadm join ▸ [etcd] …', failures: 0 }
    const step = await stepOf({
      activityType: { name: 'joinControlPlane' },
      attempt: 1,
      heartbeatDetails: { payloads: [defaultPayloadConverter.toPayload(details)] },
    })
    expect(step).toEqual({
      activity: 'joinControlPlane',
      attempt: 1,
      host: 'cp2',
      line: 'kubeadm join ▸ [etcd] …',
    })
  })

  it('shows the error of the previous attempt as the step reported it', async () => {
    const report = new QuorateError('KUBEADM_TIMED_OUT', 'kubeadm join ended with 1', {
      host: 'cp2',
    }).report()
    const details = { payloads: [defaultPayloadConverter.toPayload(report)] }
    const step = await stepOf({ attempt: 2, lastFailure: { applicationFailureInfo: { details } } })
    expect(step).toMatchObject({ attempt: 2, host: 'cp2', lastError: report })
  })

  it('says that its worker is gone if heartbeats stopped', async () => {
    const step = await stepOf({
      attempt: 2,
      lastFailure: {
        message: 'activity Heartbeat timeout',
        timeoutFailureInfo: { timeoutType: encodeTimeoutType('HEARTBEAT') ?? null },
      },
    })
    expect(step?.lastError).toMatchObject({ code: 'WORKER_LOST' })
  })

  it('takes its host from its name if its worker died before the first heartbeat', async () => {
    const step = await stepOf({
      activityId: 'cp3: join',
      activityType: { name: 'joinControlPlane' },
      attempt: 2,
    })
    expect(step?.host).toBe('cp3')
  })

  it('says that its worker is gone if that was shut down', async () => {
    const step = await stepOf({
      attempt: 2,
      lastFailure: { applicationFailureInfo: { type: 'WorkerShutdown' } },
    })
    expect(step?.lastError).toMatchObject({ code: 'WORKER_LOST', message: 'the worker was shut down' })
  })

  it("shows any other timeout in Temporal's words", async () => {
    const step = await stepOf({
      attempt: 2,
      lastFailure: {
        message: 'activity StartToClose timeout',
        timeoutFailureInfo: { timeoutType: encodeTimeoutType('START_TO_CLOSE') ?? null },
      },
    })
    expect(step?.lastError).toMatchObject({
      code: 'OPERATION_FAILED',
      message: 'activity StartToClose timeout',
    })
  })
})
