import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { fit, renderLiveView, type Frame } from '../../../src/cli/output/live-view.js'
import { visibleWidth } from '../../../src/cli/output/table.js'
import { aProgress, aSnapshot, MIDDLE, START } from './snapshots.js'

const PLAIN = pc.createColors(false)
const COLOURS = pc.createColors(true)
const FRAME: Frame = { now: START + 16_000, columns: 90, rows: 40 }

function view(snapshot = MIDDLE, frame: Partial<Frame> = {}): string {
  return `\n${renderLiveView(snapshot, PLAIN, { ...FRAME, ...frame }).join('\n')}\n`
}

describe('the live view', () => {
  it('shows what is done, what each host does now, and what is to come', () => {
    expect(view()).toMatchInlineSnapshot(`
      "
        ✔ Facts                2 hosts unchanged                                            1.1s
        ✔ First control plane  cp1: kubeadm init v1.36.3                                   11.8s
        ⠋ Control planes       cp2 ▸ [etcd] Waiting for the new etcd member to join the…    2.0s
        ⠋ Workers              1 of 3 hosts                                                 2.0s
            ▸ w2 ▸ [preflight] Running pre-flight checks
            ↻ w3: attempt 2 in 4.0s after: connection refused
        · Verify
      "
    `)
  })

  it('never draws wider or higher than the terminal', () => {
    for (const columns of [20, 40, 79, 200]) {
      for (const rows of [3, 8, 24]) {
        const lines = renderLiveView(MIDDLE, COLOURS, { ...FRAME, columns, rows })
        expect(Math.max(...lines.map(visibleWidth))).toBeLessThanOrEqual(columns)
        expect(lines.length).toBeLessThan(rows)
      }
    }
  })

  it('names the hosts that failed, with the reason', () => {
    const error = {
      code: 'SUDO_DENIED',
      message: 'a password is required',
      hint: '',
      source: 'user',
    } as const
    const failed = aSnapshot({
      state: 'failed',
      closedAt: START + 3_000,
      progress: aProgress([
        {
          title: 'Prepare hosts',
          state: 'failed',
          startedAt: START,
          finishedAt: START + 3_000,
          hosts: [
            { host: 'cp1', state: 'done' },
            { host: 'w1', state: 'failed', error },
          ],
        },
      ]),
    })
    expect(view(failed)).toMatchInlineSnapshot(`
      "
        ✘ Prepare hosts  1 of 2 hosts                                                       3.0s
            ✘ w1: a password is required (SUDO_DENIED)
      "
    `)
  })

  it('says when nobody does the work', () => {
    expect(view({ ...MIDDLE, reach: 'server' })).toContain('▮ waiting for a worker')
    expect(view({ ...MIDDLE, reach: 'nobody' })).toContain('▮ waiting for the Temporal server')
  })

  it('says for what the operator is waited for', () => {
    const waiting = aSnapshot({
      state: 'waiting',
      progress: aProgress([], { state: 'waiting', blockedOn: 'load balancer health' }),
    })
    expect(view(waiting)).toContain('▮ waiting for load balancer health')
  })

  it('is empty before anything is known', () => {
    expect(renderLiveView(aSnapshot(), PLAIN, FRAME)).toEqual([])
  })
})

describe('a line that is too long', () => {
  it('is cut by what is seen, and keeps its colours closed', () => {
    expect(fit(COLOURS.red('abcdef'), 4)).toBe(`${COLOURS.red('abc')}…`)
  })
})
