import { stripVTControlCharacters } from 'node:util'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { formatDuration } from '../../../../src/cli/output/duration.js'
import { formatLogLine } from '../../../../src/cli/output/logs.js'
import { Painter } from '../../../../src/cli/output/painter.js'
import { renderPlan } from '../../../../src/cli/output/plan.js'
import { renderReport } from '../../../../src/cli/output/report.js'
import { renderApplied, renderFailed } from '../../../../src/cli/output/summary.js'
import { renderTable } from '../../../../src/cli/output/table.js'
import { renderWoken } from '../../../../src/cli/output/woken.js'
import type { ErrorReport } from '../../../../src/errors/index.js'
import { aSnapshot, START } from '../../../support/snapshots.js'

const PLAIN = pc.createColors(false)
const refused: ErrorReport = {
  code: 'SSH_UNREACHABLE',
  message: 'connection refused',
  hint: 'check the address',
  source: 'environment',
  host: 'cp1',
}

describe('a duration', () => {
  it.each([
    [0, '0.0s'],
    [840, '0.8s'],
    [59_949, '59.9s'],
    [59_950, '1m 00s'],
    [185_000, '3m 05s'],
    [7_620_000, '2h 07m'],
    [273_600_000, '3d 4h'],
  ])('of %i ms is shown as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })
})

describe('an error', () => {
  it('is shown with its problems, each with a hint', () => {
    const report: ErrorReport = {
      code: 'PREFLIGHT_FAILED',
      message: '2 problems found',
      hint: 'fix them',
      source: 'user',
      problems: [refused, { ...refused, host: 'cp2' }],
    }
    expect(renderReport(report, PLAIN)).toEqual([
      '✘ 2 problems found (PREFLIGHT_FAILED)',
      '  ✘ cp1: connection refused (SSH_UNREACHABLE)',
      '    → check the address',
      '  ✘ cp2: connection refused (SSH_UNREACHABLE)',
      '    → check the address',
      '  → fix them',
    ])
  })

  it('shows a code once if all of its problems share it', () => {
    const problem = { ...refused, host: 'cp2' }
    const report: ErrorReport = { ...refused, message: 'no control plane answers', problems: [problem] }
    expect(renderReport(report, PLAIN).slice(0, 2)).toEqual([
      '✘ cp1: no control plane answers (SSH_UNREACHABLE)',
      '  ✘ cp2: connection refused',
    ])
  })

  it('does not repeat a message that its first problem already has', () => {
    const report = { ...refused, problems: [refused, { ...refused, host: 'cp2' }] }
    expect(renderReport(report, PLAIN).filter((line) => line.includes('✘'))).toHaveLength(2)
  })

  it('shows the last lines of its output, and all of them on request', () => {
    const output = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`).join('\n')
    const short = renderReport({ ...refused, output }, PLAIN)
    expect(short.slice(1, 3)).toEqual(['  │ … 10 lines before (--verbose shows them)', '  │ line 11'])
    expect(renderReport({ ...refused, output }, PLAIN, { verbose: true })).toHaveLength(32)
  })
})

describe('the end of an apply', () => {
  const result = {
    kubernetesVersion: 'v1.36.3',
    changed: true,
    nodes: [{ name: 'cp1', role: 'control-plane', version: 'v1.36.3', ready: true } as const],
    etcdMembers: ['cp1'],
    warnings: [],
    skipped: [],
  }
  const closed = aSnapshot({ state: 'done', closedAt: START + 61_000 })

  it('lists the nodes and how long it took', () => {
    expect(renderApplied(closed, result, PLAIN)).toEqual([
      '',
      'NODE   ROLE            VERSION   STATUS',
      'cp1    control-plane   v1.36.3   Ready',
      '',
      '✔ prod: Kubernetes v1.36.3, 1 of 1 nodes ready, 1 etcd member, done in 1m 01s',
    ])
  })

  it('marks nodes that are cordoned or not ready in the words of kubectl', () => {
    const node = { role: 'worker', version: 'v1.36.3' } as const
    const nodes = [
      { ...node, name: 'w1', ready: true, cordoned: true },
      { ...node, name: 'w2', ready: false },
    ]
    expect(renderApplied(closed, { ...result, nodes }, PLAIN).slice(2, 4)).toEqual([
      'w1     worker   v1.36.3   Ready,SchedulingDisabled',
      'w2     worker   v1.36.3   NotReady',
    ])
  })

  it('says when nothing had to change', () => {
    expect(renderApplied(closed, { ...result, changed: false }, PLAIN).at(-1)).toContain('nothing to change')
  })

  it('shows every error of the operation and its hosts once', () => {
    const failed = aSnapshot({
      state: 'failed',
      error: { ...refused, problems: [refused] },
      progress: {
        cluster: 'prod',
        operation: 'apply',
        kubernetesVersion: 'v1.36.3',
        state: 'failed',
        phases: [
          {
            title: 'Prepare hosts',
            state: 'failed',
            hosts: [
              { host: 'cp1', state: 'failed', error: refused },
              { host: 'w1', state: 'failed', error: { ...refused, host: 'w1', message: 'no route' } },
            ],
          },
        ],
        warnings: [],
        blocked: [],
        paused: false,
      },
    })
    expect(renderFailed(failed, PLAIN, { verbose: false }).filter((line) => line.startsWith('✘'))).toEqual([
      '✘ apply of prod failed',
      '✘ cp1: connection refused (SSH_UNREACHABLE)',
      '✘ w1: no route (SSH_UNREACHABLE)',
    ])
  })
})

describe('a plan', () => {
  it('groups the changes by host', () => {
    const plan = {
      kubernetesVersion: 'v1.36.3',
      changes: [
        { host: 'cp1', phase: 'Prepare hosts', action: 'install kubeadm 1.36.3' },
        { host: 'cp1', phase: 'First control plane', action: 'kubeadm init' },
        { host: 'w1', phase: 'Workers', action: 'kubeadm join' },
      ],
      problems: [],
      warnings: [],
    }
    expect(renderPlan('prod', plan, PLAIN)).toEqual([
      'plan for prod: Kubernetes v1.36.3',
      '',
      'HOST   PHASE                 CHANGE',
      'cp1    Prepare hosts         + install kubeadm 1.36.3',
      '       First control plane   + kubeadm init',
      'w1     Workers               + kubeadm join',
      '',
      '3 changes on 2 hosts; `quorate apply` makes them',
    ])
  })

  it('without changes says that there is nothing to change', () => {
    const plan = { kubernetesVersion: 'v1.36.3', changes: [], problems: [], warnings: [] }
    expect(renderPlan('prod', plan, PLAIN).at(-1)).toBe(
      '✔ nothing to change: prod is as the file describes it',
    )
  })

  it('does not claim that the cluster matches the file if a warning says otherwise', () => {
    const plan = {
      kubernetesVersion: 'v1.36.3',
      changes: [],
      problems: [],
      warnings: ['w2 is not in the file'],
    }
    expect(renderPlan('prod', plan, PLAIN).at(-1)).toBe('✔ an apply would change nothing')
  })

  it('shows advice, such as a version that an apply would not change', () => {
    const advice = {
      ...refused,
      severity: 'advice' as const,
      code: 'UPGRADE_NEEDED' as const,
      message: 'an apply keeps v1.36.3',
    }
    const plan = { kubernetesVersion: 'v1.36.3', changes: [], problems: [], warnings: [], findings: [advice] }
    expect(renderPlan('prod', plan, PLAIN)).toContain('ℹ cp1: an apply keeps v1.36.3 (UPGRADE_NEEDED)')
  })

  it('with problems does not suggest an apply', () => {
    const plan = { kubernetesVersion: 'v1.36.3', changes: [], problems: [refused], warnings: [] }
    expect(renderPlan('prod', plan, PLAIN).at(-1)).toBe('✘ 1 problem: an apply would not start')
  })
})

describe('a table', () => {
  it('aligns by visible width, not by colour codes', () => {
    const red = pc.createColors(true).red
    const rows = [
      [red('x'), 'right'],
      ['yyy', 'right'],
    ]
    const columns = renderTable(['A', 'B'], rows, PLAIN).map((line) =>
      stripVTControlCharacters(line).search(/B|right/),
    )
    expect(columns).toEqual([6, 6, 6])
  })
})

describe('the painter', () => {
  it('draws only what changed since the last frame, in one write', () => {
    const written: string[] = []
    const painter = new Painter((text) => written.push(text))
    painter.paint(['a', 'b'])
    painter.paint(['a', 'b'])
    painter.paint(['a', 'c'])
    painter.paint(['d'])
    painter.end()
    expect(written).toEqual([
      '\u001b[?25l\ra\u001b[K\nb\u001b[K\n\u001b[J',
      '\u001b[2A\r\nc\u001b[K\n\u001b[J',
      '\u001b[2A\rd\u001b[K\n\u001b[J',
      '\u001b[?25h',
    ])
  })

  it('redraws over every line that a narrower terminal wrapped it into', () => {
    const written: string[] = []
    const painter = new Painter((text) => written.push(text))
    painter.paint(['a'.repeat(50), 'b'])
    painter.repaint(['a'.repeat(19), 'b'], { columns: 20, rows: 24 })
    // Three lines and one.
    expect(written[1]).toBe(`\u001b[4A\r\u001b[J${'a'.repeat(19)}\u001b[K\nb\u001b[K\n`)
  })

  it('never moves above the top of the screen', () => {
    const written: string[] = []
    const painter = new Painter((text) => written.push(text))
    painter.paint(['a'.repeat(500)])
    painter.repaint(['a'], { columns: 20, rows: 10 })
    expect(written[1]?.startsWith('\u001b[9A')).toBe(true)
  })
})

describe('a log line', () => {
  it('of the worker is shown in words, with its fields and error', () => {
    const line = JSON.stringify({
      level: 40,
      time: new Date(2026, 0, 1, 9, 5, 7).getTime(),
      msg: 'lost',
      host: 'cp1',
      err: { message: 'ECONNRESET' },
    })
    expect(formatLogLine('worker', line)).toBe('09:05:07 worker warn  lost: ECONNRESET host=cp1')
  })

  it('that is not JSON is shown unchanged', () => {
    expect(formatLogLine('server', 'Temporal UI: http://x')).toBe('server: Temporal UI: http://x')
  })
})

describe('a plan that fails', () => {
  it('says that nothing was changed, and nothing about work done', () => {
    const failed = aSnapshot({ kind: 'plan', state: 'failed', closedAt: START + 1_000, error: refused })
    const text = renderFailed(failed, PLAIN, { verbose: false }).join('\n')
    expect(text).toContain('✘ plan of prod failed')
    expect(text).toContain('Nothing was changed: the hosts are as they were.')
    expect(text).not.toContain('What is done stays done')
  })
})

describe('operations that continue when the engine starts', () => {
  it('are listed, each with the command that shows it', () => {
    const at = (day: number, hour: number) => new Date(2026, 0, day, hour, 49)
    const operation = (cluster: string, startedAt: Date) =>
      ({ cluster, startedAt, kind: 'apply', runId: 'r', status: 'RUNNING' }) as const
    const now = at(2, 12).getTime()
    expect(renderWoken([operation('look', at(2, 1))], now)).toBe(
      '1 open operation goes on: cluster/look, since 01:49 (`quorate status look`)',
    )
    expect(renderWoken([operation('a', at(2, 1)), operation('b', at(1, 23))], now)).toBe(
      '2 open operations go on: cluster/a, since 01:49 (`quorate status a`); cluster/b, since 2026-01-01 23:49 (`quorate status b`)',
    )
  })
})
