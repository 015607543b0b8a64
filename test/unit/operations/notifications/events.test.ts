import { describe, expect, it } from 'vitest'
import type { Notification, NotifiedEvent } from '../../../../src/cluster/notifications.js'
import { QuorateError, type ErrorReport } from '../../../../src/errors/index.js'
import { deliveriesOf, deliveryOf } from '../../../../src/operations/notifications/delivery.js'
import type { EventName } from '../../../../src/operations/notifications/event.js'
import {
  failureEvent,
  parkedEvent,
  resultEvent,
  skippedEvent,
  testEvent,
  type Teller,
} from '../../../../src/operations/notifications/events.js'
import type { PlanResult } from '../../../../src/operations/results.js'
import type { BlockedStep } from '../../../../src/operations/steps.js'
import { finding } from '../../../../src/preflight/finding.js'
import { aHost } from '../../../support/clusters.js'

const teller: Teller = { cluster: 'prod', operation: 'apply', runId: 'r1' }
const clock: Teller = { ...teller, operation: 'plan', schedule: 'drift' }

function blockedOn(host: string, error: Partial<ErrorReport> = {}): BlockedStep {
  const report = new QuorateError('KUBEADM_PREFLIGHT_FAILED', `no on ${host}`, { hint: 'fix it' }).report()
  return { step: `workers/${host}`, phase: 'Workers', host, error: { ...report, ...error }, since: 1 }
}

function plan(found: Partial<PlanResult> = {}): PlanResult {
  return { kubernetesVersion: 'v1.36.3', changes: [], problems: [], warnings: [], ...found }
}

describe('the event of parked steps', () => {
  it('names step, reason and what to run, and repeats no output of the host', () => {
    const told = parkedEvent(teller, [blockedOn('w1', { output: 'of the host' })])
    expect(told).toEqual({
      cluster: 'prod',
      event: 'parked',
      text: 'prod: apply waits for your decision at workers/w1: no on w1',
      operation: 'apply',
      runId: 'r1',
      problems: [
        {
          code: 'KUBEADM_PREFLIGHT_FAILED',
          message: 'no on w1',
          hint: 'fix it',
          host: 'w1',
          step: 'workers/w1',
        },
      ],
      more: 0,
      next: ['quorate resume prod'],
    })
  })

  it('has room for so many, however many hosts there are, and for so much text', () => {
    const blocked = Array.from({ length: 200 }, (_, index) =>
      blockedOn(`w${index}`, { message: 'x'.repeat(9_000) }),
    )
    const told = parkedEvent(teller, blocked)
    expect(told.text).toMatch(/^prod: apply waits for your decision at 200 steps, the first workers\/w0: x/)
    expect(told.problems).toHaveLength(20)
    expect(told.more).toBe(180)
    expect(JSON.stringify(told).length).toBeLessThan(32_000)
  })
})

describe('the event of an end', () => {
  it('has each problem of a failure', () => {
    const problems = ['w1', 'w2'].map((host) =>
      new QuorateError('SSH_UNREACHABLE', 'away', { host }).report(),
    )
    const error = new QuorateError('PREFLIGHT_FAILED', '2 problems found', { problems }).report()
    const told = failureEvent(teller, error)
    expect(told).toMatchObject({
      event: 'failed',
      text: 'prod: apply failed: 2 problems found',
      next: ['quorate status prod'],
    })
    expect(told.problems.map(({ host }) => host)).toEqual(['w1', 'w2'])
  })

  it.each([
    ['OPERATION_ABORTED', 'aborted by the operator: later', 'prod: apply was aborted by the operator: later'],
    ['OPERATION_CANCELLED', 'stopped by the operator', 'prod: apply was cancelled'],
  ] as const)('tells %s from a failure', (code, message, text) => {
    expect(failureEvent(teller, new QuorateError(code, message).report())).toMatchObject({
      event: 'aborted',
      text,
    })
  })

  it('is a finding if the clock has found something', () => {
    const changes = [{ host: 'w1', phase: 'Prepare hosts', action: 'install' }]
    expect(resultEvent(clock, plan({ changes }))).toMatchObject({
      event: 'finding',
      text: 'prod: drift found 1 change',
      schedule: 'drift',
      next: ['quorate plan'],
    })
  })

  it('is a finding if a certificate ends soon, but not for what would be told every day', () => {
    const few = finding('warning', 'CPUS_TOO_FEW', aHost('w1'), 'only one CPU', 'add one')
    expect(resultEvent(clock, plan({ findings: [few] }))).toMatchObject({
      event: 'done',
      text: 'prod: drift found nothing',
    })
    const ends = finding('warning', 'CERTIFICATE_EXPIRING', aHost('cp1'), 'apiserver.crt expires')
    const told = resultEvent(clock, plan({ findings: [ends, few] }))
    expect(told).toMatchObject({ event: 'finding', text: 'prod: drift found 1 warning' })
    expect(told.problems).toMatchObject([{ code: 'CERTIFICATE_EXPIRING', host: 'cp1' }])
  })

  it('is an end like others if somebody looks at the plan', () => {
    expect(resultEvent({ ...teller, operation: 'plan' }, plan())).toMatchObject({
      event: 'done',
      text: 'prod: plan is done',
    })
  })
})

describe('a delivery', () => {
  const to = { kind: 'command', argv: ['/bin/page'] } as const
  const told = (event: EventName) => ({
    version: 1 as const,
    id: 'e1',
    time: 'now',
    ...testEvent('prod'),
    event,
  })
  const entries = (on: NotifiedEvent): readonly Notification[] => [
    { on: ['done'], to },
    { on: [on], to },
  ]

  it.each([
    ['parked', 'parked'],
    ['failed', 'failed'],
    ['aborted', 'failed'],
    ['finding', 'finding'],
  ] as const)('of %s is for those who asked for %s', (event, on) => {
    const [delivery, ...others] = deliveriesOf(entries(on), told(event))
    expect(others).toEqual([])
    expect(delivery?.workflowId).toBe(`notify/prod/${event}/e1/2`)
    expect(deliveryOf(delivery?.workflowId ?? '')).toEqual({ cluster: 'prod', event, entry: 2 })
  })

  it('of a test is for everybody', () => {
    expect(deliveriesOf(entries('parked'), told('test'))).toHaveLength(2)
  })

  it('is not the run of an operation', () => {
    expect(deliveryOf('cluster/prod')).toBeUndefined()
  })
})

describe('the event of a skipped schedule', () => {
  it('says what to do about what holds the cluster', () => {
    expect(skippedEvent('prod', 'snapshot')).toMatchObject({
      event: 'finding',
      operation: 'snapshot',
      next: ['quorate status prod', 'quorate resume prod'],
    })
  })
})
