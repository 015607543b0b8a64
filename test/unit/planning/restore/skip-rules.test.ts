import { describe, expect, it } from 'vitest'
import { restoreSkipRefusal } from '../../../../src/planning/restore/skip-rules.js'

const THREE = ['cp1', 'cp2', 'cp3']
const nobody = () => false

describe('a parked step of a restore', () => {
  it('is never skipped while an old member may still run', () => {
    expect(restoreSkipRefusal('stop-control-planes', 'cp2', THREE, nobody)).toContain('may still run')
  })

  it('is skipped as long as the other members are a majority', () => {
    expect(restoreSkipRefusal('start-etcd', 'cp3', THREE, nobody)).toBeUndefined()
    expect(restoreSkipRefusal('start-etcd', 'cp3', THREE, (name) => name === 'cp2')).toContain('2 are needed')
  })

  it('may be that of a node whatever its role', () => {
    expect(restoreSkipRefusal('follow-restored-data', 'w1', THREE, nobody)).toBeUndefined()
  })
})
