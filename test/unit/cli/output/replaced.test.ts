import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { renderPlan } from '../../../../src/cli/output/plan.js'
import { renderReplaced } from '../../../../src/cli/output/results/replaced.js'
import type { ReplaceResult } from '../../../../src/operations/results.js'
import { aSnapshot, START } from '../../../support/snapshots.js'

const PLAIN = pc.createColors(false)
const RESULT: ReplaceResult = {
  kubernetesVersion: 'v1.36.3',
  changed: true,
  host: 'cp2',
  how: 'replaced',
  machine: { old: 'aaaa', new: 'bbbb' },
  nodes: [{ name: 'cp1', role: 'control-plane', version: 'v1.36.3', ready: true }],
  etcdMembers: ['cp1', 'cp2'],
  warnings: [],
  skipped: [],
}

describe('the result of a replacement', () => {
  it.each([
    ['both machines', {}, 'cp2: machine bbbb has taken the place of aaaa'],
    [
      'the same machine in place',
      { machine: { old: 'aaaa', new: 'aaaa' } },
      'cp2: machine aaaa has joined again',
    ],
    [
      'only the new one, if the old one is not known',
      { machine: { new: 'bbbb' } },
      'cp2: machine bbbb has joined',
    ],
    ['that the host stays by decision', { how: 'kept', machine: { old: 'aaaa' } }, 'cp2: stays as it was'],
  ] as const)('names %s', (_, changes, line) => {
    const snapshot = aSnapshot({ state: 'done', closedAt: START + 60_000 } as never)
    expect(renderReplaced(snapshot, { ...RESULT, ...changes }, PLAIN).at(4)).toBe(line)
  })
})

describe('the plan of a replacement', () => {
  const nothing = { kubernetesVersion: 'v1.36.3', changes: [], problems: [], warnings: [] }

  it('says how its changes are made', () => {
    const changes = [{ host: 'cp2', phase: 'Drain', action: 'cordon the node and evict its pods' }]
    expect(renderPlan('prod', { ...nothing, changes }, PLAIN, 'replace').at(-1)).toBe(
      '1 change on 1 host; the same command without --plan makes them',
    )
  })

  it('says that nothing would be replaced if there are problems', () => {
    const problems = [
      { code: 'HOST_UNKNOWN', message: 'there is no host cp9', hint: 'correct it', source: 'user' } as const,
    ]
    expect(renderPlan('prod', { ...nothing, problems }, PLAIN, 'replace').at(-1)).toBe(
      '✘ 1 problem: nothing would be replaced',
    )
  })
})
