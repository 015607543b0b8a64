import { describe, expect, it } from 'vitest'
import type { Operation } from '../../../src/client/operation.js'
import { isStillOpen } from '../../../src/cli/still-open.js'

const LOCK = {
  host: 'cp1',
  owner: '0b9a4c1e-7f1d-4e62-9a53-2f0f1d5a7c11/cluster/prod',
  operation: '01a20876-49e0',
  workflowId: 'cluster/prod',
  startedBy: 'alice@laptop',
  since: '2026-11-23T14:13:07Z',
  units: [],
}
const client = (runId: string, running: boolean) => ({
  isRunning: () => Promise.resolve(running),
  operation: () => Promise.resolve({ workflowId: 'cluster/prod', runId } as Operation),
})
const RUN = '01a20876-49e0-7b5c-8d10-5b3d5c1f0a11'

describe('a run that holds hosts', () => {
  it('is still open if it is the latest of its cluster and runs', async () => {
    expect(await isStillOpen(client(RUN, true), 'prod', [LOCK])).toBe(true)
  })

  it.each([
    ['has ended', client(RUN, false)],
    ['is another one than the open run', client(RUN.replace('01a', '01b'), true)],
  ])('is not open here if it %s', async (_, other) => {
    expect(await isStillOpen(other, 'prod', [LOCK])).toBe(false)
  })
})
