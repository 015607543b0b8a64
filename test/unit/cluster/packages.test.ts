import { describe, expect, it } from 'vitest'
import { aptPlan, packagePin } from '../../../src/cluster/packages.js'

const plan = (repository: string) => aptPlan({ install: true, repository }, 'v1.36.3')

describe('the Kubernetes packages', () => {
  it("come from the minor's own repository", () => {
    expect(plan('https://pkgs.k8s.io').repositoryUrl).toBe('https://pkgs.k8s.io/core:/stable:/v1.36/deb/')
    expect(plan('http://mirror.lab/').repositoryUrl).toBe('http://mirror.lab/core:/stable:/v1.36/deb/')
  })

  it('are trusted by the key of that repository only', () => {
    expect(plan('https://pkgs.k8s.io').sourceFile).toContain(
      'deb [signed-by=/etc/apt/keyrings/quorate-kubernetes.asc] https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /\n',
    )
    expect(plan('https://pkgs.k8s.io').signingKeyUrl).toBe(
      'https://pkgs.k8s.io/core:/stable:/v1.36/deb/Release.key',
    )
  })

  it("are pinned to the version's builds, release candidates as Debian writes them", () => {
    expect(packagePin('v1.36.3')).toBe('1.36.3-*')
    expect(packagePin('v1.37.0-rc.1')).toBe('1.37.0~rc.1-*')
  })
})
