import { describe, expect, it } from 'vitest'
import type { PodNetwork } from '../../../src/cluster/pod-network.js'
import { networkPlugin, pluginNames, pluginTraits } from '../../../src/configuration/pod-network/plugins.js'
import { aCluster } from '../../support/clusters.js'

const pluginOf = (network: PodNetwork) => networkPlugin(aCluster({ network }))
const FLANNEL: PodNetwork = { plugin: 'flannel', backend: 'vxlan', image: 'f:1', cniPluginImage: 'c:1' }

describe('the network plugin of a cluster', () => {
  it('is Flannel with the images, ports and interfaces of its settings', () => {
    expect(pluginOf({ ...FLANNEL, vni: 7, port: 4789 })).toMatchObject({
      label: 'Flannel (vxlan)',
      images: ['f:1', 'c:1'],
      ports: [{ port: 4789, protocol: 'udp', clients: 'cluster' }],
      links: ['cni0', 'flannel.7'],
    })
  })

  it('needs no port where Flannel only sets routes', () => {
    expect(pluginOf({ ...FLANNEL, backend: 'host-gw' }).ports).toEqual([])
  })

  it('takes its settings as they are annotated on the pods of its manifest', () => {
    const { manifest, settings = '', daemonSet } = pluginOf(FLANNEL)
    const source = manifest()
    const text = source !== undefined && 'text' in source ? source.text : ''
    expect(text).toContain(`${daemonSet?.settingsAnnotation ?? ''}: '${settings}'`)
    expect(text).toContain(`namespace: ${daemonSet?.namespace ?? ''}`)
  })

  it('is the text of a manifest by path', () => {
    const plugin = pluginOf({ plugin: 'manifest', source: '/calico.yaml', content: 'kind: Namespace' })
    expect(plugin.label).toBe('/calico.yaml')
    expect(plugin.manifest()).toEqual({ text: 'kind: Namespace' })
  })

  it('is the place and digest of a manifest by URL', () => {
    const plugin = pluginOf({ plugin: 'manifest', source: 'https://example.com/cni', digest: 'sha256:1' })
    expect(plugin.manifest()).toEqual({ url: 'https://example.com/cni', digest: 'sha256:1' })
  })

  it('is not applied where the operator installs one', () => {
    const plugin = pluginOf({ plugin: 'none' })
    expect(plugin.isApplied).toBe(false)
    expect(plugin.manifest()).toBeUndefined()
  })
})

describe('what is known of a plugin by its name alone', () => {
  it.each(pluginNames())('tells of %s what the reference says of it', (name) => {
    expect(pluginTraits(name)?.description).not.toBe('')
  })

  it('is nothing for a name that no plugin has, even one that every object has', () => {
    expect(pluginTraits('nobodys')).toBeUndefined()
    expect(pluginTraits('constructor')).toBeUndefined()
  })
})
