import { describe, expect, it } from 'vitest'
import { kubernetes } from '../../../lab/builds/go-programs.js'

describe('a version of Kubernetes', () => {
  it.each([
    ['v1.36.3', 'v1.36.3'],
    ['v1.36.99', 'v1.36.99'],
    ['v1.36.103', 'v1.36.3'],
    ['v1.37.100', 'v1.37.0'],
  ])('%s is made from the published %s', (version, published) => {
    const program = kubernetes(version)
    expect(program.modules).toEqual([`k8s.io/kubernetes@${published}`])
    expect(program.graphOf).toBe(published)
    expect(program.variables?.['k8s.io/component-base/version.gitVersion']).toBe(version)
  })
})
