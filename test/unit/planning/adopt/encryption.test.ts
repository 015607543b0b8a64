import { describe, expect, it } from 'vitest'
import { withLayout } from '../../../../src/configuration/encryption.js'
import { adoptedCluster } from '../../../../src/planning/adopt/adopted-cluster.js'
import { aCluster } from '../../../support/clusters.js'
import { standingOf } from '../../../support/standings.js'

const STANDING = standingOf(aCluster())

const adoptedWith = (document: Readonly<Record<string, unknown>>) =>
  adoptedCluster({ ...STANDING, configuration: { ...STANDING.configuration, document } }, [])

describe('a cluster that is adopted again', () => {
  it('keeps the encryption that Quorate has set up, in the words of the cluster file', () => {
    const { encryptionAtRest, kubeadm } = adoptedWith(
      withLayout(STANDING.configuration.document, 'configmaps+secrets=aescbc-3+identity'),
    )
    expect(encryptionAtRest).toEqual({
      resources: ['configmaps', 'secrets'],
      provider: 'aescbc',
      rotation: 3,
    })
    expect(JSON.stringify(kubeadm)).not.toContain('encryption')
  })

  it('keeps an encryption of its own as an argument', () => {
    const extraArgs = [{ name: 'encryption-provider-config', value: '/etc/kubernetes/enc.yaml' }]
    const adopted = adoptedWith({ ...STANDING.configuration.document, apiServer: { extraArgs } })
    expect(adopted.encryptionAtRest).toBeUndefined()
    expect(adopted.kubeadm.clusterConfiguration).toEqual({ apiServer: { extraArgs } })
  })
})
