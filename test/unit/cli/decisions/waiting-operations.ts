/** Operations that wait: for a decision on parked steps, after a pause, for the approval of a plan. */
import { QuorateError } from '../../../../src/errors/index.js'
import type { BlockedStep } from '../../../../src/operations/steps.js'
import { aProgress, START } from '../../../support/snapshots.js'

/** A step that is parked, of the phase Control planes. */
export function parked(step: string, changes: Partial<BlockedStep> = {}): BlockedStep {
  const [, host = ''] = step.split('/')
  const error = new QuorateError('KUBEADM_PREFLIGHT_FAILED', 'port 6443 is in use', {
    host,
    step: 'kubeadm join',
    output: '[ERROR Port-6443]: Port 6443 is in use',
    hint: 'free the port',
  }).report()
  return { step, phase: 'Control planes', host, error, since: START, ...changes }
}

export const CP2 = parked('control-planes/cp2', { notSkippable: 'two control planes make no quorum' })
export const W1 = parked('workers/w1', { phase: 'Workers' })
export const BLOCKED = aProgress([], {
  state: 'blocked',
  blocked: [CP2, W1],
  blockedOn: 'control-planes/cp2, workers/w1',
})
export const PAUSED = aProgress([], { state: 'paused', paused: true, blockedOn: 'pause' })
export const REVIEW = aProgress([], {
  state: 'blocked',
  blockedOn: 'approval',
  approval: [{ host: 'cp1', phase: 'First control plane', action: 'kubeadm init' }],
})
