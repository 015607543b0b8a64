import { describe, expect, it } from 'vitest'
import { holdsOneOf, holdsWhileOpen } from '../../../src/cli/still-open.js'

const LOCK = {
  host: 'cp1',
  owner: '0b9a4c1e-7f1d-4e62-9a53-2f0f1d5a7c11/cluster/prod',
  operation: '01a20876-49e0',
  workflowId: 'cluster/prod',
  startedBy: 'alice@laptop',
  since: '2026-11-23T14:13:07Z',
  units: [],
}
const RUN = { workflowId: 'cluster/prod', runId: '01a20876-49e0-7b5c-8d10-5b3d5c1f0a11' }

describe('an open run', () => {
  it('holds a host whose lock names its cluster and the beginning of its id', () => {
    expect(holdsOneOf(RUN, [LOCK])).toBe(true)
  })

  it.each([
    ['another run', { ...RUN, runId: RUN.runId.replace('01a', '01b') }],
    ['the run of another cluster', { ...RUN, workflowId: 'cluster/test' }],
  ])('does not hold a host whose lock names %s', (_, other) => {
    expect(holdsOneOf(other, [LOCK])).toBe(false)
  })
})

describe('asking whether a run is still open', () => {
  it('is answered with no if the settings of Temporal cannot be used', async () => {
    const temporal = { namespace: 'without-a-server' }
    expect(await holdsWhileOpen({ temporal }, 'prod', [LOCK])).toBe(false)
  })
})
