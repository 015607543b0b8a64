import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  WorkflowFailedError,
} from '@temporalio/client'
import { RetryState } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { QuorateError } from '../../../src/errors/index.js'
import { reportWorkflowFailure } from '../../../src/client/failure.js'

function ended(cause: Error): WorkflowFailedError {
  return new WorkflowFailedError('workflow failed', cause, RetryState.NON_RETRYABLE_FAILURE)
}

describe('the failure of a workflow', () => {
  const report = new QuorateError('SUDO_DENIED', 'a password is required', { host: 'cp1' }).report()

  it('is the report that it carries', () => {
    const failure = ApplicationFailure.create({ type: 'SUDO_DENIED', message: 'x', details: [report] })
    expect(reportWorkflowFailure(ended(failure))).toEqual(report)
  })

  it('is found beneath the failure of an activity', () => {
    const failure = ApplicationFailure.create({ type: 'SUDO_DENIED', message: 'x', details: [report] })
    const activity = new ActivityFailure(
      'failed',
      'prepareHost',
      '1',
      RetryState.IN_PROGRESS,
      'worker',
      failure,
    )
    expect(reportWorkflowFailure(ended(activity))).toEqual(report)
  })

  it('keeps its code if there is no report', () => {
    const failure = ApplicationFailure.create({ type: 'ETCD_UNHEALTHY', message: 'a learner is left' })
    expect(reportWorkflowFailure(ended(failure))).toMatchObject({
      code: 'ETCD_UNHEALTHY',
      message: 'a learner is left',
    })
  })

  it('of a type that is not ours is a bug', () => {
    const failure = ApplicationFailure.create({ type: 'TypeError', message: 'x is undefined' })
    expect(reportWorkflowFailure(ended(failure))).toMatchObject({
      code: 'INTERNAL',
      message: 'x is undefined',
    })
  })

  it('is blamed on no host if the workflow was cancelled or terminated', () => {
    const cancelled = reportWorkflowFailure(ended(new CancelledFailure('cancelled')))
    const terminated = reportWorkflowFailure(ended(new TerminatedFailure('by hand')))
    expect([cancelled.code, terminated.code]).toEqual(['OPERATION_CANCELLED', 'OPERATION_CANCELLED'])
  })
})
