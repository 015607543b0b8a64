import { describe, expect, it } from 'vitest'
import pc from 'picocolors'
import { renderPlan } from '../../../../src/cli/output/plan.js'
import { renderUpgraded } from '../../../../src/cli/output/summary.js'
import type { PlanResult, UpgradeResult } from '../../../../src/operations/results.js'
import { aSnapshot } from '../../../support/snapshots.js'

const PLAIN = pc.createColors(false)

const PLAN: PlanResult = {
  kubernetesVersion: 'v1.37.2',
  changes: [{ host: 'cp1', phase: 'Packages', action: 'install kubeadm 1.37.2' }],
  problems: [],
  warnings: [],
  upgrade: {
    from: 'v1.35.4',
    to: 'v1.37.2',
    hops: [
      { version: 'v1.36.3', skew: 'API servers v1.35.4 to v1.36.3 meanwhile' },
      { version: 'v1.37.2', skew: 'API servers v1.36.3 to v1.37.2 meanwhile' },
    ],
  },
}

const RESULT: UpgradeResult = {
  from: 'v1.36.3',
  to: 'v1.37.2',
  hops: ['v1.37.2'],
  changed: true,
  nodes: [{ name: 'cp1', role: 'control-plane', version: 'v1.37.2', ready: true }],
  etcdMembers: ['cp1'],
  warnings: [],
  skipped: [],
}

describe('the plan of an upgrade', () => {
  it('shows the whole way, and the versions that run beside each other in each hop', () => {
    const lines = renderPlan('prod', PLAN, PLAIN)
    expect(lines[0]).toBe('upgrade of prod: Kubernetes v1.35.4 → v1.36.3 → v1.37.2')
    expect(lines[1]).toBe('  v1.36.3: API servers v1.35.4 to v1.36.3 meanwhile')
    expect(lines.at(-1)).toBe('1 change on 1 host; `quorate upgrade` makes them')
  })

  it('says that it would change nothing where nothing is behind', () => {
    const hops = [{ version: 'v1.36.3', skew: '' }]
    const upgrade = { from: 'v1.36.3', to: 'v1.36.3', hops }
    const lines = renderPlan('prod', { ...PLAN, changes: [], upgrade }, PLAIN)
    expect(lines[0]).toBe('upgrade of prod: Kubernetes v1.36.3')
    expect(lines.at(-1)).toBe('✔ an upgrade would change nothing')
  })
})

describe('the end of an upgrade', () => {
  it('says which version to set in the file, if it is another one', () => {
    const last = (result: UpgradeResult) => renderUpgraded(aSnapshot(), result, PLAIN).at(-1)
    expect(last({ ...RESULT, fileVersion: 'v1.36.3' })).toBe(
      '⚠ the cluster file says v1.36.3: set kubernetes.version to v1.37.2 before the next apply',
    )
    expect(last(RESULT)).toContain('Kubernetes v1.37.2, 1 of 1 nodes ready')
  })
})
