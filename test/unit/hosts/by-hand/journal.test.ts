import { describe, expect, it } from 'vitest'
import { parseJournal } from '../../../../src/hosts/by-hand/unit-logs.js'

describe("the journal of a host's units", () => {
  it('gives each run with its beginning, its end and its exit status', () => {
    const journal = [
      '2026-11-28T12:48:30Z start 01a22233-1f1f kubeadm-join 1',
      '2026-11-28T12:50:02Z end 01a22233-1f1f kubeadm-join 1 1',
      '2026-11-28T12:50:48Z start 01a22233-1f1f kubeadm-join 2',
      '2026-11-28T12:51:20Z end 01a22233-1f1f kubeadm-join 2 0',
      '',
    ].join('\n')
    const run = { operation: '01a22233-1f1f', name: 'kubeadm-join' }
    expect(parseJournal(journal)).toEqual([
      { ...run, ordinal: 1, startedAt: '2026-11-28T12:48:30Z', endedAt: '2026-11-28T12:50:02Z', exitCode: 1 },
      { ...run, ordinal: 2, startedAt: '2026-11-28T12:50:48Z', endedAt: '2026-11-28T12:51:20Z', exitCode: 0 },
    ])
  })

  it('has a run without an end while it runs, and after a power cut', () => {
    expect(parseJournal('2026-11-28T12:48:30Z start 01a2 pull-images 1\n')).toEqual([
      { operation: '01a2', name: 'pull-images', ordinal: 1, startedAt: '2026-11-28T12:48:30Z' },
    ])
  })

  it('may end in the middle of a line', () => {
    expect(parseJournal('2026-11-28T12:48:30Z start 01a2 pull-images 1\n2026-11-28T12:4')).toHaveLength(1)
    expect(parseJournal('2026-11-28T12:48:30Z sta')).toEqual([])
  })
})
