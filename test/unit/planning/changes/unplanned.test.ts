import { describe, expect, it } from 'vitest'
import { unplanned } from '../../../../src/planning/changes/unplanned.js'
import type { PhaseProgress, StepState } from '../../../../src/operations/progress.js'

const phase = (title: string, hosts: Readonly<Record<string, StepState>>): PhaseProgress => ({
  title,
  state: 'done',
  hosts: Object.entries(hosts).map(([host, state]) => ({ host, state })),
})

describe('steps that the plan did not name', () => {
  it('are those that changed something, by host and phase', () => {
    const changes = [
      { host: 'w1', phase: 'Prepare hosts', action: 'start containerd' },
      { host: 'w2', phase: 'Workers', action: 'kubeadm join' },
    ]
    const phases = [
      phase('Prepare hosts', { w1: 'done', w2: 'done', w3: 'unchanged' }),
      phase('Workers', { w1: 'done', w2: 'done', w3: 'skipped' }),
    ]
    expect(unplanned(changes, phases)).toEqual([
      { host: 'w2', phase: 'Prepare hosts' },
      { host: 'w1', phase: 'Workers' },
    ])
  })
})
