import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { eventsBetween } from '../../../../src/cli/output/events.js'
import { renderEvent } from '../../../../src/cli/output/lines.js'
import type { OperationSnapshot } from '../../../../src/client/snapshot.js'
import { aProgress, aSnapshot, MIDDLE, START } from '../../../support/snapshots.js'

const PLAIN = pc.createColors(false)

/** The plain lines of a run of snapshots. */
function lines(...snapshots: OperationSnapshot[]): string[] {
  return snapshots
    .flatMap((snapshot, index) => eventsBetween(snapshots[index - 1], snapshot))
    .flatMap((event) => renderEvent(event, PLAIN, { verbose: false }) ?? [])
}

describe('plain lines', () => {
  it('show each change of state once', () => {
    expect(lines(aSnapshot(), MIDDLE, MIDDLE)).toEqual([
      'apply prod (run run-1)',
      '  ✔ cp1: nothing to change',
      '  ✔ w1: nothing to change',
      '✔ Facts (1.1s)',
      '  ✔ cp1: kubeadm init v1.36.3',
      '✔ First control plane (11.8s)',
      '▶ Control planes',
      '▶ Workers',
      '  ✔ w1: joined',
      '  ↻ w3: attempt 2 after: connection refused (SSH_UNREACHABLE)',
    ])
  })

  it('show a failure with its place, output and hint', () => {
    const error = {
      code: 'KUBEADM_FAILED',
      message: 'kubeadm init ended with 1',
      hint: 'read the output',
      source: 'environment',
      host: 'cp1',
      step: 'kubeadm init',
      output: 'error: no space left',
    } as const
    const failed = aSnapshot({
      progress: aProgress([
        { title: 'Init', state: 'failed', hosts: [{ host: 'cp1', state: 'failed', error }] },
      ]),
    })
    expect(lines(failed).slice(1).join('\n')).toBe(
      [
        '  ✘ cp1: kubeadm init ended with 1 (KUBEADM_FAILED)',
        '    │ error: no space left',
        '    → read the output',
        '✘ Init',
      ].join('\n'),
    )
  })

  it('say when the run waits and when it goes on', () => {
    const waiting = aSnapshot({
      state: 'waiting',
      progress: aProgress([], { state: 'waiting', blockedOn: 'load balancer health' }),
    })
    const before = aSnapshot({ progress: aProgress([]) })
    expect(lines(before, waiting, waiting, before).slice(1)).toEqual([
      '▮ waiting for load balancer health',
      '▶ going on',
    ])
  })

  it('say when the worker or the server disappears and returns', () => {
    const [there, noWorker, nobody] = [
      aSnapshot(),
      aSnapshot({ reach: 'server' }),
      aSnapshot({ reach: 'nobody' }),
    ]
    expect(lines(there, noWorker, nobody, nobody, there).slice(1)).toEqual([
      '▮ waiting for a worker',
      '▮ waiting for the Temporal server',
      '▮ a worker answers',
    ])
  })

  it('show each warning once', () => {
    const [one, two] = [['a'], ['a', 'b']].map((warnings) =>
      aSnapshot({ progress: aProgress([], { warnings }) }),
    )
    expect(lines(one as OperationSnapshot, two as OperationSnapshot).slice(1)).toEqual(['⚠ a', '⚠ b'])
  })
})

describe('events', () => {
  it('begin with the operation that they belong to', () => {
    expect(eventsBetween(undefined, aSnapshot())).toEqual([
      {
        type: 'operation',
        cluster: 'prod',
        operation: 'apply',
        workflowId: 'cluster/prod',
        runId: 'run-1',
        startedAt: new Date(START).toISOString(),
      },
    ])
  })

  it('carry the last line of each host as it changes', () => {
    const later = {
      ...MIDDLE,
      steps: MIDDLE.steps.map((step) => (step.host === 'w2' ? { ...step, line: 'joined' } : step)),
    }
    expect(eventsBetween(MIDDLE, later)).toEqual([
      { type: 'line', activity: 'joinWorker', host: 'w2', line: 'joined' },
    ])
  })
})
