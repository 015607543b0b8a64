import { describe, expect, it } from 'vitest'
import { answerFor, decidable, describeWaiting, waitsForIn } from '../../../src/cli/waits-for.js'
import type { OperationProgress } from '../../../src/operations/progress.js'

const progress: OperationProgress = {
  cluster: 'prod',
  operation: 'reboot',
  kubernetesVersion: 'v1.36.3',
  state: 'waiting',
  blockedOn: 'window until Sat 2026-11-28 01:00 Europe/Berlin',
  window: 'Sat 2026-11-28 01:00 Europe/Berlin',
  blocked: [],
  paused: false,
  phases: [],
  warnings: [],
}

describe('a run that waits for its window', () => {
  it('says until when, and how it goes on without it; nobody is asked, because it opens by itself', () => {
    const waiting = waitsForIn(progress)
    expect(waiting && describeWaiting(waiting)).toBe('window until Sat 2026-11-28 01:00 Europe/Berlin')
    expect(waiting && answerFor(waiting, 'prod')).toBe('quorate resume prod --now')
    expect(decidable(progress)).toBeUndefined()
  })
})

describe('a run that waits for something else', () => {
  it('is told with a signal that it is there', () => {
    const other: Partial<OperationProgress> = { ...progress, blockedOn: 'load balancer health' }
    delete (other as { window?: string }).window
    const waiting = waitsForIn(other as OperationProgress)
    expect(waiting && answerFor(waiting, 'prod')).toBe('quorate signal load-balancer-ready prod')
  })
})
