import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { endingPause } from '../../../../src/cli/decisions/decision.js'
import { chosenDecision, decisionsFor, type DecisionOptions } from '../../../../src/cli/decisions/options.js'
import { EXIT, exitCodeOf } from '../../../../src/cli/exit.js'
import { eventsBetween } from '../../../../src/cli/output/events.js'
import { renderHostStates } from '../../../../src/cli/output/host-states.js'
import { renderEvent } from '../../../../src/cli/output/lines.js'
import { renderLiveView } from '../../../../src/cli/output/live-view.js'
import { renderApplied, renderFailed } from '../../../../src/cli/output/summary.js'
import { renderWaiting } from '../../../../src/cli/output/waiting.js'
import { decidable, waitsFor } from '../../../../src/cli/waits-for.js'
import { QuorateError, type ErrorCode } from '../../../../src/errors/index.js'
import type { HostProgress } from '../../../../src/operations/progress.js'
import { aProgress, aSnapshot, START } from '../../../support/snapshots.js'
import { BLOCKED, CP2, parked, PAUSED, REVIEW, W1 } from './waiting-operations.js'

const PLAIN = pc.createColors(false)

function failureOf(act: () => unknown): { code: string; message: string; hint: string } {
  try {
    act()
  } catch (error) {
    if (error instanceof QuorateError) return { code: error.code, message: error.message, hint: error.hint }
  }
  throw new Error('it did not fail as expected')
}

describe('the options of resume', () => {
  it.each<[DecisionOptions, string]>([
    [{ retry: true, abort: true }, '--retry and --abort exclude each other'],
    [{ retry: 'w1', skip: 'w1', reason: 'x' }, '--retry and --skip exclude each other'],
    [{ skip: 'w1' }, '--skip w1 needs a reason'],
    [{ skip: 'w1', reason: ' ' }, '--skip w1 needs a reason'],
    [{ approve: true, reason: 'x' }, '--reason belongs to --skip or --abort'],
    [{ reason: 'x' }, '--reason belongs to --skip or --abort'],
  ])('%j are rejected as bad usage', (options, message) => {
    expect(failureOf(() => chosenDecision(options))).toMatchObject({ code: 'USAGE', message })
  })

  it.each<[DecisionOptions, unknown]>([
    [{}, undefined],
    [{ retry: true }, { kind: 'retry' }],
    [{ retry: 'w1' }, { kind: 'retry', step: 'w1' }],
    [
      { skip: 'w1', reason: 'repair' },
      { kind: 'skip', step: 'w1', reason: 'repair' },
    ],
    [{ abort: true }, { kind: 'abort' }],
    [
      { abort: true, reason: 'wrong' },
      { kind: 'abort', reason: 'wrong' },
    ],
    [{ approve: true }, { kind: 'approve' }],
    [{ now: true }, { kind: 'now' }],
  ])('%j give the decision', (options, decision) => {
    expect(chosenDecision(options)).toEqual(decision)
  })
})

describe('a decision', () => {
  it('names a step by its host if that host has only one parked step', () => {
    const decision = { kind: 'skip', step: 'w1', reason: 'x' } as const
    expect(decisionsFor(decision, BLOCKED)).toEqual([{ ...decision, step: 'workers/w1' }])
    expect(decisionsFor({ kind: 'retry', step: 'control-planes/cp2' }, BLOCKED)).toEqual([
      { kind: 'retry', step: 'control-planes/cp2' },
    ])
  })

  it('does not guess between two parked steps of a host', () => {
    const both = aProgress([], { state: 'blocked', blocked: [W1, parked('verify/w1')] })
    expect(failureOf(() => decisionsFor({ kind: 'retry', step: 'w1' }, both))).toEqual({
      code: 'USAGE',
      message: 'several steps of w1 wait for a decision: workers/w1 and verify/w1',
      hint: 'name one of them',
    })
  })

  it('passes an unknown name on to the run, which knows better', () => {
    expect(decisionsFor({ kind: 'retry', step: 'w9' }, BLOCKED)).toEqual([{ kind: 'retry', step: 'w9' }])
  })

  it('defaults to retrying everything and ends a pause', () => {
    expect(decisionsFor(undefined, BLOCKED)).toEqual([{ kind: 'retry' }])
    expect(decisionsFor(undefined, PAUSED)).toEqual([{ kind: 'resume' }])
    const both = { ...BLOCKED, paused: true }
    expect(decisionsFor(undefined, both)).toEqual([{ kind: 'retry' }, { kind: 'resume' }])
    expect(endingPause([{ kind: 'abort' }], both)).toEqual([{ kind: 'abort' }])
  })

  it('never defaults to approving', () => {
    expect(failureOf(() => decisionsFor(undefined, REVIEW))).toMatchObject({
      code: 'USAGE',
      message: 'the apply of prod waits for an approval, which is never given by default',
    })
  })

  it('is rejected if the operation does not wait for one, with what it does wait for', () => {
    const outside = aProgress([], { state: 'waiting', blockedOn: 'load balancer health' })
    expect(failureOf(() => decisionsFor(undefined, aProgress([])))).toMatchObject({
      code: 'OPERATION_NOT_BLOCKED',
      message: 'the apply of prod is running; nothing waits for you',
    })
    expect(failureOf(() => decisionsFor(undefined, outside))).toEqual({
      code: 'OPERATION_NOT_BLOCKED',
      message: 'the apply of prod waits for load balancer health, not for a decision',
      hint: 'it continues by itself, or at once with `quorate signal load-balancer-ready prod`',
    })
  })

  it.each<ErrorCode>([
    'OPERATION_NOT_FOUND',
    'OPERATION_ENDED',
    'OPERATION_NOT_BLOCKED',
    'STEP_UNKNOWN',
    'STEP_NOT_SKIPPABLE',
    'NO_WORKER',
  ])('rejected with %s exits with 2', (code) => {
    expect(exitCodeOf(new QuorateError(code, 'x'))).toBe(EXIT.usage)
  })
})

describe('what an operation waits for', () => {
  it('distinguishes parked steps, an approval, a pause and something outside', () => {
    const kinds = [BLOCKED, REVIEW, PAUSED, aProgress([], { state: 'waiting' }), aProgress([])].map(
      (progress) => waitsFor(aSnapshot({ progress }))?.kind,
    )
    expect(kinds).toEqual(['blocked', 'approval', 'paused', 'outside', undefined])
  })

  it('can be decided while other hosts go on', () => {
    const going = aProgress([], { state: 'running', blocked: [W1] })
    expect(waitsFor(aSnapshot({ progress: going }))).toBeUndefined()
    expect(decidable(going)).toMatchObject({ kind: 'blocked' })
  })

  it('is nothing once the operation has ended', () => {
    expect(waitsFor(aSnapshot({ state: 'failed', progress: BLOCKED }))).toBeUndefined()
  })

  it('is already a pause while running steps finish', () => {
    expect(decidable(aProgress([], { state: 'running', paused: true }))).toEqual({ kind: 'paused' })
  })
})

describe('a parked step', () => {
  it('is shown with everything known about it, and whether it may be skipped', () => {
    const lines = renderWaiting({ kind: 'blocked', blocked: [CP2, W1] }, PLAIN, {
      now: START + 65_000,
      verbose: false,
    })
    expect(lines.map((line) => line.replace(/\d\d:\d\d:\d\d/, 'hh:mm:ss'))).toEqual([
      '',
      '⏸ control-planes/cp2  waits for you since hh:mm:ss (1m 05s); cannot be skipped: two control planes make no quorum',
      '  ✘ cp2: kubeadm join: port 6443 is in use (KUBEADM_PREFLIGHT_FAILED)',
      '    │ [ERROR Port-6443]: Port 6443 is in use',
      '    → free the port',
      '',
      '⏸ workers/w1  waits for you since hh:mm:ss (1m 05s); may be skipped',
      '  ✘ w1: kubeadm join: port 6443 is in use (KUBEADM_PREFLIGHT_FAILED)',
      '    │ [ERROR Port-6443]: Port 6443 is in use',
      '    → free the port',
    ])
  })
})

describe('the live view', () => {
  const frame = { now: START + 10_000, columns: 110, rows: 40 }
  const hosts: HostProgress[] = [
    { host: 'w1', state: 'blocked', startedAt: START, error: W1.error },
    { host: 'w2', state: 'skipped', summary: 'being repaired' },
    { host: 'w3', state: 'running', startedAt: START },
  ]
  const phases = [{ title: 'Workers', state: 'running', startedAt: START, hosts } as const]

  it('marks parked and skipped hosts and names the command that decides', () => {
    const snapshot = aSnapshot({ progress: aProgress(phases, { blocked: [W1], blockedOn: 'workers/w1' }) })
    expect(renderLiveView(snapshot, PLAIN, frame).slice(1)).toEqual([
      '      ▸ w3',
      '      ⤼ w2: left out, being repaired',
      '      ⏸ w1: port 6443 is in use (KUBEADM_PREFLIGHT_FAILED)',
      '  ⏸ waits for you: `quorate resume prod` (workers/w1)',
    ])
  })

  it.each([
    [PAUSED, '  ⏸ paused: `quorate resume prod`'],
    [REVIEW, '  ⏸ waits for your approval: `quorate resume prod --approve`'],
  ])('says how to continue', (progress, line) => {
    expect(renderLiveView(aSnapshot({ state: progress.state, progress }), PLAIN, frame)).toEqual([line])
  })

  it('leaves out what the operation waits for when the command says so below it', () => {
    const snapshot = aSnapshot({ state: REVIEW.state, progress: REVIEW })
    expect(renderLiveView(snapshot, PLAIN, { ...frame, isWaitingTold: true })).toEqual([])
  })
})

describe('plain lines', () => {
  const running = aSnapshot({ progress: aProgress([]) })
  const lines = (...snapshots: (typeof running)[]) =>
    snapshots
      .flatMap((snapshot, index) => eventsBetween(snapshots[index - 1], snapshot))
      .flatMap((event) => renderEvent(event, PLAIN, { verbose: false })?.split('\n') ?? [])
      .slice(1)

  it('show a parked host once, in full, with the command that decides', () => {
    const hosts: HostProgress[] = [{ host: 'w1', state: 'blocked', error: W1.error }]
    const blocked = aSnapshot({
      state: 'blocked',
      progress: aProgress([{ title: 'Workers', state: 'blocked', hosts }], {
        state: 'blocked',
        blocked: [W1],
      }),
    })
    expect(lines(running, blocked, blocked, running)).toEqual([
      '  ⏸ w1: kubeadm join: port 6443 is in use (KUBEADM_PREFLIGHT_FAILED)',
      '    │ [ERROR Port-6443]: Port 6443 is in use',
      '    → free the port',
      '⏸ Workers',
      '⏸ waits for your decision on workers/w1: quorate resume prod',
      '▶ going on',
    ])
  })

  it('show the changes that need approval', () => {
    expect(lines(running, aSnapshot({ state: 'blocked', progress: REVIEW }))).toEqual([
      '',
      'HOST   PHASE                 CHANGE',
      'cp1    First control plane   + kubeadm init',
      '',
      '⏸ waits for your approval of what would change: quorate resume prod --approve',
    ])
  })
})

describe('the end of an operation', () => {
  it('lists what was skipped', () => {
    const result = {
      ...{ kubernetesVersion: 'v1.36.3', changed: true, nodes: [], etcdMembers: [], warnings: [] },
      skipped: [{ step: 'workers/w1', host: 'w1', reason: 'being repaired' }],
    }
    const lines = renderApplied(aSnapshot({ state: 'done', closedAt: START }), result, PLAIN)
    expect(lines).toContain('⚠ workers/w1 was left out: being repaired')
  })

  const phases = [
    { title: 'Facts', state: 'done', hosts: hostsIn('unchanged', 'cp1', 'cp2', 'w1', 'w2') },
    { title: 'Prepare hosts', state: 'done', hosts: hostsIn('done', 'cp1', 'cp2', 'w2') },
    { title: 'First control plane', state: 'done', hosts: hostsIn('done', 'cp1') },
    { title: 'Control planes', state: 'failed', hosts: hostsIn('running', 'cp2') },
    { title: 'Workers', state: 'blocked', hosts: [...hostsIn('pending', 'w1'), ...hostsIn('blocked', 'w2')] },
  ] as const

  it('shows the state of every host if it was stopped', () => {
    expect(renderHostStates(aProgress(phases), PLAIN)).toEqual([
      'HOST   STATE',
      'cp1    initialised',
      'cp2    stopped in kubeadm join, after: prepared',
      'w1     not started',
      'w2     parked in kubeadm join, after: prepared',
    ])
  })

  it.each([
    ['OPERATION_CANCELLED', '✘ apply of prod was cancelled'],
    ['OPERATION_ABORTED', '✘ apply of prod was aborted'],
  ] as const)('by %s says so and shows the states', (code, title) => {
    const error = new QuorateError(code, 'stopped').report()
    const snapshot = aSnapshot({ state: 'cancelled', error, progress: aProgress(phases) })
    const lines = renderFailed(snapshot, PLAIN, { verbose: false })
    expect(lines).toEqual(expect.arrayContaining([title, 'cp1    initialised']))
    expect(lines.at(-1)).toBe('What is done stays done: `quorate apply` continues from there.')
  })
})

function hostsIn(state: HostProgress['state'], ...names: readonly string[]): HostProgress[] {
  return names.map((host) => ({ host, state }))
}
