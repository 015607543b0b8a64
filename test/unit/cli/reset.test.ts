import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { isSameName } from '../../../src/cli/confirm-by-name.js'
import { refuseResetOptions } from '../../../src/cli/options/reset-options.js'
import { renderPlan } from '../../../src/cli/output/plan.js'
import { renderReset } from '../../../src/cli/output/results/was-reset.js'
import type { PlanResult, ResetResult } from '../../../src/operations/results.js'
import { aSnapshot, START } from '../../support/snapshots.js'

const PLAIN = pc.createColors(false)

describe('the options of a reset', () => {
  const hosts = { hosts: ['w1'], all: false }
  const all = { hosts: [], all: true }

  it.each([
    ['hosts and --all', { hosts: ['w1'], all: true }, {}, 'not both'],
    ['neither hosts nor --all', { hosts: [], all: false }, {}, 'say --all for the whole cluster'],
    ['a host twice', { hosts: ['w1', 'w1'], all: false }, {}, 'w1 is named twice'],
    ['a plain --yes for a whole cluster', all, { yes: true }, '--yes is not enough for --all'],
    ['--yes-destroy for hosts', hosts, { yesDestroy: 'prod' }, 'hosts need only --yes'],
    ['--yes to a plan', hosts, { plan: true, yes: true }, 'nothing to say yes to'],
    ['--yes-destroy to a plan', all, { plan: true, yesDestroy: 'prod' }, 'nothing to confirm'],
    ['a detached plan', hosts, { plan: true, detach: true }, 'cannot be detached'],
  ] as const)('refuse %s', (_, asked, options, message) => {
    expect(() => refuseResetOptions(asked, options)).toThrow(message)
  })

  it('allow what can be meant', () => {
    refuseResetOptions(hosts, { yes: true })
    refuseResetOptions(all, { yesDestroy: 'prod' })
    refuseResetOptions(all, { plan: true })
    refuseResetOptions(all, {})
  })
})

describe('the name that is typed to destroy a cluster', () => {
  it.each(['prod', ' prod ', 'prod\n'])('counts: %j', (typed) => {
    expect(isSameName(typed, 'prod')).toBe(true)
  })

  it.each(['', 'Prod', 'prod2', 'pro', 'yes'])('does not count: %j', (typed) => {
    expect(isSameName(typed, 'prod')).toBe(false)
  })
})

describe('the plan of a reset', () => {
  const plan: PlanResult = {
    kubernetesVersion: 'v1.36.3',
    changes: [{ host: 'w1', phase: 'Stop', action: 'stop kubelet, every pod', disruptive: true }],
    problems: [],
    warnings: ['this destroys the cluster prod'],
  }

  it('shows what is lost, and how it is done', () => {
    const lines = renderPlan('prod', plan, PLAIN, 'reset')
    expect(lines).toContain('⚠ this destroys the cluster prod')
    expect(lines.at(-1)).toBe('1 change on 1 host; the same command without --plan makes them')
  })

  it('says that nothing is left to do', () => {
    const lines = renderPlan('prod', { ...plan, changes: [], warnings: [] }, PLAIN, 'reset')
    expect(lines.at(-1)).toBe('✔ nothing to change: already bare')
  })
})

describe('the end of a reset', () => {
  const snapshot = aSnapshot({ state: 'done', closedAt: START + 60_000 } as never)
  const result: ResetResult = {
    kubernetesVersion: 'v1.36.3',
    changed: true,
    hosts: [
      { name: 'cp1', how: 'reset', remains: [] },
      { name: 'w1', how: 'bare', remains: [] },
      { name: 'w2', how: 'reset', remains: ['/var/lib/cni'] },
    ],
    warnings: [],
    skipped: [{ step: 'stop/w3', host: 'w3', reason: 'burnt' }],
  }

  it('says what became of each host, what remains, and who was left out', () => {
    expect(renderReset(snapshot, result, PLAIN)).toEqual([
      '',
      'cp1: reset: it belongs to no cluster',
      'w1: already bare',
      '⚠ w2: still has /var/lib/cni',
      '⚠ stop/w3 was left out: burnt; the host keeps its claim',
      '',
      '✔ prod: 2 of 4 hosts bare, done in 1m 00s',
    ])
  })

  it('says that nothing was to be done', () => {
    const lines = renderReset(snapshot, { ...result, changed: false, hosts: [], skipped: [] }, PLAIN)
    expect(lines.at(-1)).toContain('nothing to change')
  })
})
