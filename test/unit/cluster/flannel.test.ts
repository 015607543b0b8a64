import { parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import { renderFlannel } from '../../../src/cluster/network/flannel.js'
import { aCluster } from '../../support/clusters.js'

describe('the flannel manifest', () => {
  it('has the objects of the upstream one', async () => {
    await expect(renderFlannel(aCluster())).toMatchFileSnapshot('../../golden/flannel.yaml')
  })

  it("tells flannel of the cluster's pod subnet and the backend that was chosen", () => {
    const base = aCluster()
    const networking = { ...base.kubernetes.networking, podSubnet: '172.20.0.0/14' }
    const text = renderFlannel({
      ...base,
      kubernetes: { ...base.kubernetes, networking },
      network: { plugin: 'flannel', backend: 'host-gw', image: 'f:1', cniPluginImage: 'c:1' },
    })
    const objects = parseAllDocuments(text).map(
      (document) => document.toJS() as { kind: string; data?: Record<string, string> },
    )
    const data = objects.find(({ kind }) => kind === 'ConfigMap')?.data
    expect(JSON.parse(data?.['net-conf.json'] ?? '')).toMatchObject({
      Network: '172.20.0.0/14',
      Backend: { Type: 'host-gw' },
    })
  })

  it('is not made for another pod network', () => {
    expect(() => renderFlannel({ ...aCluster(), network: { plugin: 'none' } })).toThrow('"none"')
  })
})
