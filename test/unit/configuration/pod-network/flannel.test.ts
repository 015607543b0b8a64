import { parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import {
  NET_CONF_ANNOTATION,
  renderFlannel,
} from '../../../../src/configuration/pod-network/flannel-manifest.js'
import type { Flannel } from '../../../../src/configuration/pod-network/flannel-backends.js'
import { defined } from '../../../../src/values/defined.js'

function aFlannel(settings: Partial<Flannel>): Flannel {
  return { plugin: 'flannel', backend: 'vxlan', image: 'f', cniPluginImage: 'c', ...settings }
}

describe('the Flannel manifest', () => {
  it('has the same objects as upstream', async () => {
    const settings = aFlannel({ image: 'flannel:1', cniPluginImage: 'flannel-cni:1' })
    await expect(renderFlannel(settings, '10.244.0.0/16')).toMatchFileSnapshot('../../../golden/flannel.yaml')
  })

  interface ManifestObject {
    readonly kind: string
    readonly data?: Readonly<Record<string, string>>
    readonly spec?: {
      readonly template: {
        readonly metadata: { readonly annotations: Readonly<Record<string, string>> }
        readonly spec: { readonly containers: readonly [{ readonly args: readonly string[] }] }
      }
    }
  }

  /** Of the manifest for these settings: net-conf.json, the arguments of flanneld, the annotation of its pods. */
  function rendered(settings: Partial<Flannel>) {
    const text = renderFlannel(aFlannel(settings), '172.20.0.0/14')
    const objects = parseAllDocuments(text).map((document) => document.toJS() as ManifestObject)
    const template = objects.find(({ kind }) => kind === 'DaemonSet')?.spec?.template
    const data = objects.find(({ kind }) => kind === 'ConfigMap')?.data
    return {
      netConf: JSON.parse(data?.['net-conf.json'] ?? '') as object,
      args: template?.spec.containers[0].args,
      annotation: template?.metadata.annotations[NET_CONF_ANNOTATION],
    }
  }

  it('contains the pod subnet of the cluster and the chosen backend', () => {
    expect(rendered({ backend: 'host-gw' }).netConf).toEqual({
      Network: '172.20.0.0/14',
      EnableNFTables: false,
      Backend: { Type: 'host-gw' },
    })
  })

  it.each([
    ['vxlan', { port: 4789, vni: 7 }, { Type: 'vxlan', Port: 4789, VNI: 7 }],
    ['wireguard', { port: 51_821 }, { Type: 'wireguard', ListenPort: 51_821 }],
  ] as const)('gives the backend %s its port and number', (backend, settings, expected) => {
    expect(rendered({ backend, ...settings }).netConf).toMatchObject({ Backend: expected })
  })

  it('merges additional Flannel settings', () => {
    const netConf = { EnableNFTables: true, Backend: { DirectRouting: true } }
    expect(rendered({ netConf }).netConf).toEqual({
      Network: '172.20.0.0/14',
      EnableNFTables: true,
      Backend: { Type: 'vxlan', DirectRouting: true },
    })
  })

  it.each([
    ["the node's own address", undefined, '--iface=$(NODE_IP)'],
    ['a name', 'eth1', '--iface=eth1'],
    ['a regular expression', '^ens[0-9]+$', '--iface-regex=^ens[0-9]+$'],
  ])('selects the interface by %s', (_, wanted, argument) => {
    expect(rendered(defined({ interface: wanted })).args).toContain(argument)
  })

  it('restarts the pods if and only if its settings changed', () => {
    const { annotation } = rendered({ vni: 7 })
    expect(rendered({ vni: 7 }).annotation).toBe(annotation)
    expect(rendered({ vni: 8 }).annotation).not.toBe(annotation)
  })
})
