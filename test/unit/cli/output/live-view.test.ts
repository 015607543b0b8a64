import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { renderLiveView, type Frame } from '../../../../src/cli/output/live-view.js'
import stringWidth from 'string-width'
import { fit } from '../../../../src/cli/output/width.js'
import { aProgress, aSnapshot, MIDDLE, START } from '../../../support/snapshots.js'

const PLAIN = pc.createColors(false)
const COLOURS = pc.createColors(true)
const FRAME: Frame = { now: START + 16_000, columns: 90, rows: 40 }

function view(snapshot = MIDDLE, frame: Partial<Frame> = {}): string {
  return `\n${renderLiveView(snapshot, PLAIN, { ...FRAME, ...frame }).join('\n')}\n`
}

describe('the live view', () => {
  it('shows what is done, what each host does now and what comes next', () => {
    expect(view()).toMatchInlineSnapshot(`
      "
        ✔ Facts                2 hosts checked                                              1.1s
        ✔ First control plane  cp1: kubeadm init v1.36.3                                   11.8s
        ⠋ Control planes       cp2 ▸ [etcd] Waiting for the new etcd member to join the…    2.0s
        ⠋ Workers              1 of 3 hosts                                                 2.0s
            ▸ w2 ▸ [preflight] Running pre-flight checks
            ↻ w3: attempt 2 in 4.0s after: connection refused
        · Verify
      "
    `)
  })

  it('is never wider or taller than the terminal', () => {
    for (const columns of [20, 40, 79, 200]) {
      for (const rows of [3, 8, 24]) {
        const lines = renderLiveView(MIDDLE, COLOURS, { ...FRAME, columns, rows })
        expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns)
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

  it('says when nobody is doing the work', () => {
    expect(view({ ...MIDDLE, reach: 'server' })).toContain('▮ waiting for a worker')
    expect(view({ ...MIDDLE, reach: 'nobody' })).toContain('▮ waiting for the Temporal server')
  })

  it('says what it waits for', () => {
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
  it('is cut by visible width, with its colours closed', () => {
    expect(fit(COLOURS.red('abcdef'), 4)).toBe(`${COLOURS.red('abc')}…`)
  })
})

describe('the output of hosts', () => {
  const said =
    '\t[WARNING ContainerRuntimeVersion]: \u001b[0;37mYou must update\rit \u001b]0;title\u0007now\u001b[0m'
  const joining = {
    ...MIDDLE,
    steps: ['w2', 'w3'].map((host) => ({
      activity: 'joinWorker',
      host,
      line: `${said} ${'and more '.repeat(20)}`,
      attempt: 1,
    })),
  }

  it('takes one line of the terminal, whatever control characters it contains and however long it is', () => {
    const lines = renderLiveView(joining, PLAIN, { ...FRAME, columns: 100 })
    const shown = lines.filter((line) => line.includes('WARNING'))
    expect(shown).toHaveLength(2)
    for (const line of shown) {
      expect(line).toContain('▸ [WARNING ContainerRuntimeVersion]: You must update it now and more')
      // eslint-disable-next-line no-control-regex -- nothing of these may be left
      expect(line).not.toMatch(/[\u0000-\u001f]/)
      expect(line).toHaveLength(100)
    }
  })

  it('appears under the phase of its step if a host is in two phases', () => {
    const running = (title: string) => ({
      title,
      state: 'running' as const,
      startedAt: START,
      hosts: ['cp1', 'cp2'].map((host) => ({ host, state: 'running' as const, startedAt: START })),
    })
    const both = aSnapshot({
      progress: aProgress([running('Prepare hosts'), running('Load balancer health')]),
      steps: [
        { activity: 'prepareHost', host: 'cp1', line: 'install containerd', attempt: 1 },
        { activity: 'checkLoadBalancer', host: 'cp1', line: 'api.lab:6443 refuses', attempt: 1 },
        { activity: 'prepareHost', host: 'cp2', line: 'install kubeadm', attempt: 1 },
      ],
    })
    expect(view(both)).toMatchInlineSnapshot(`
      "
        ⠋ Prepare hosts         0 of 2 hosts                                               16.0s
            ▸ cp1 ▸ install containerd
            ▸ cp2 ▸ install kubeadm
        ⠋ Load balancer health  0 of 2 hosts                                               16.0s
            ▸ cp1 ▸ api.lab:6443 refuses
            ▸ cp2
      "
    `)
  })
})

describe('the width of a line', () => {
  it('never exceeds the limit, even with double-width characters', () => {
    expect(fit('日本語日本語', 6)).toBe('日本…')
    expect(stringWidth(fit('日本語日本語', 5))).toBe(5)
  })
})
