import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import {
  encryptionPath,
  layoutAt,
  layoutIn,
  layoutInArguments,
  renderEncryption,
  withLayout,
} from '../../../src/configuration/encryption.js'
import { keysIn, layoutName, parseLayout, targetLayout } from '../../../src/cluster/encryption-layout.js'
import { patchedClusterConfiguration } from '../../../src/configuration/kubeadm/render.js'
import { aCluster } from '../../support/clusters.js'

const LAYOUT = {
  secrets: ['secretbox-2', 'secretbox-1', 'identity'],
  'certificates.example.com': ['secretbox-2', 'secretbox-1', 'identity'],
  configmaps: ['identity', 'aescbc-1'],
}
const NAME = 'certificates.example.com+secrets=secretbox-2+secretbox-1+identity,configmaps=identity+aescbc-1'

describe('the name of a layout', () => {
  it('says which keys write and read which resource', () => {
    expect(layoutName(LAYOUT)).toBe(
      'certificates.example.com+secrets=secretbox-2+secretbox-1+identity,configmaps=identity+aescbc-1',
    )
    expect(parseLayout(NAME)).toEqual(LAYOUT)
    expect(keysIn(LAYOUT)).toEqual(['aescbc-1', 'secretbox-1', 'secretbox-2'])
  })

  it('is empty where nothing is encrypted', () => {
    expect(layoutName({ secrets: ['identity'] })).toBe('')
    expect(layoutName(targetLayout(undefined))).toBe('')
  })

  it.each(['a', '../x=y', 'secrets=', 'secrets=a/b', 'secrets=a;b'])('is not %s', (name) => {
    expect(parseLayout(name)).toBeUndefined()
  })
})

describe('a ClusterConfiguration', () => {
  const list = { apiVersion: 'kubeadm.k8s.io/v1beta4', apiServer: { extraArgs: [{ name: 'v', value: '2' }] } }
  const map = { apiVersion: 'kubeadm.k8s.io/v1beta3', apiServer: { extraArgs: { v: '2' } } }

  it.each([
    ['v1beta4', list],
    ['v1beta3', map],
    ['v1beta4 without arguments', { apiVersion: 'kubeadm.k8s.io/v1beta4' }],
  ])('gets a layout and loses it again: %s', (_version, document) => {
    const encrypted = withLayout(document, NAME)
    expect(layoutIn(encrypted)).toBe(NAME)
    expect(layoutIn(withLayout(encrypted, 'secrets=identity+secretbox-1'))).toBe(
      'secrets=identity+secretbox-1',
    )
    expect(withLayout(encrypted, '')).toEqual({ apiServer: {}, ...document })
    expect(layoutIn(document)).toBe('')
  })

  it("of somebody's own encryption has no layout", () => {
    const extraArgs = [{ name: 'encryption-provider-config', value: '/etc/kubernetes/enc/enc.yaml' }]
    expect(layoutIn({ apiServer: { extraArgs } })).toBeUndefined()
    expect(
      layoutInArguments(['kube-apiserver', '--encryption-provider-config=/etc/enc.yaml']),
    ).toBeUndefined()
    expect(
      layoutInArguments(['kube-apiserver', `--encryption-provider-config=${encryptionPath(NAME)}`]),
    ).toBe(NAME)
    expect(layoutAt(undefined)).toBe('')
  })

  it('has it from the first start of a new cluster', () => {
    const cluster = aCluster()
    const encryptionAtRest = { resources: ['secrets'], provider: 'secretbox', rotation: 1 } as const
    const { body } = patchedClusterConfiguration({
      ...cluster,
      kubernetes: { ...cluster.kubernetes, encryptionAtRest },
    })
    expect(layoutIn(body)).toBe('secrets=secretbox-1+identity')
  })
})

describe('an EncryptionConfiguration', () => {
  it('has the keys in the order of the layout', () => {
    const secrets = new Map([
      ['secretbox-1', 'one'],
      ['secretbox-2', 'two'],
    ])
    expect(parse(renderEncryption({ secrets: LAYOUT.secrets }, secrets))).toEqual({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [
        {
          resources: ['secrets'],
          providers: [
            { secretbox: { keys: [{ name: 'secretbox-2', secret: 'two' }] } },
            { secretbox: { keys: [{ name: 'secretbox-1', secret: 'one' }] } },
            { identity: {} },
          ],
        },
      ],
    })
  })
})
