import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { renderContainerdConfig } from '../../../../src/configuration/containerd/config.js'
import { hostsTomlPath, renderHostsToml } from '../../../../src/configuration/containerd/registries.js'

const sandboxImage = 'registry.k8s.io/pause:3.10.2'

describe('the containerd configuration', () => {
  it.each([1, 2] as const)('for containerd %d matches the golden file', async (majorVersion) => {
    const text = renderContainerdConfig({ majorVersion, sandboxImage, config: {} })
    await expect(text).toMatchFileSnapshot(`../../../golden/containerd-${majorVersion}.toml`)
  })

  const config = {
    restrict_oom_score_adj: true,
    max_concurrent_downloads: 5,
    containerd: { runtimes: { gvisor: { runtime_type: 'io.containerd.runsc.v1' } } },
  }

  it.each([1, 2] as const)('for containerd %d imports drop-in files', (majorVersion) => {
    const read = parse(renderContainerdConfig({ majorVersion, sandboxImage, config: {} }))
    expect(read['imports']).toEqual(['/etc/containerd/conf.d/*.toml'])
  })

  it.each([1, 2] as const)(
    'for containerd %d finds the CNI plugins where Kubernetes puts them',
    (majorVersion) => {
      const text = renderContainerdConfig({ majorVersion, sandboxImage, config: {} })
      expect(text).toContain('bin_dir = "/opt/cni/bin"')
    },
  )

  it("merges the user's keys into the single section of containerd 1", () => {
    const read = parse(renderContainerdConfig({ majorVersion: 1, sandboxImage, config }))
    expect(read['plugins']).toMatchObject({ 'io.containerd.grpc.v1.cri': config })
    expect(read['plugins']).toHaveProperty([
      'io.containerd.grpc.v1.cri',
      'containerd',
      'runtimes',
      'runc',
      'options',
      'SystemdCgroup',
    ])
  })

  it("splits the user's keys between the two sections of containerd 2", () => {
    const read = parse(renderContainerdConfig({ majorVersion: 2, sandboxImage, config }))
    expect(read['plugins']).toMatchObject({
      'io.containerd.cri.v1.images': { max_concurrent_downloads: 5 },
      'io.containerd.cri.v1.runtime': { restrict_oom_score_adj: true, containerd: config.containerd },
    })
  })
})

describe('a registry mirror', () => {
  const mirror = { registry: 'registry.k8s.io', endpoint: 'http://mirror.lab:5000' }

  it('has a file named after the registry in image names', () => {
    expect(hostsTomlPath(mirror)).toBe('/etc/containerd/certs.d/registry.k8s.io/hosts.toml')
  })

  it('is the only server that is asked', () => {
    expect(parse(renderHostsToml(mirror))).toEqual({
      server: 'http://mirror.lab:5000',
      host: { 'http://mirror.lab:5000': { capabilities: ['pull', 'resolve'] } },
    })
  })
})
