import { describe, expect, it } from 'vitest'
import type { Bystander, Cluster, EncryptionAtRest } from '../../../../src/cluster/model.js'
import { withLayout } from '../../../../src/configuration/encryption.js'
import type { EncryptionNote } from '../../../../src/facts/encryption-note.js'
import { planApply } from '../../../../src/planning/plan.js'
import { planEncryption } from '../../../../src/planning/encryption/plan.js'
import { defined } from '../../../../src/values/defined.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'

const running = aCluster()
const SECRETS: EncryptionAtRest = { resources: ['secrets'], provider: 'secretbox', rotation: 1 }
const LAYOUT = 'secrets=secretbox-1+identity'

function fileWith(encryptionAtRest?: EncryptionAtRest): Cluster {
  return { ...running, kubernetes: { ...running.kubernetes, ...defined({ encryptionAtRest }) } }
}

function standing(layout: string, encryptionNote?: EncryptionNote, extraArgs?: readonly object[]) {
  const base = standingOf(running)
  const document = withLayout(base.configuration.document, layout)
  const foreign = extraArgs === undefined ? document : { ...document, apiServer: { extraArgs } }
  return {
    ...base,
    configuration: { ...base.configuration, document: foreign },
    ...defined({ encryptionNote }),
  }
}

function planned(file: Cluster, seen: ReturnType<typeof standing>) {
  return planApply(file, joinedFacts(running), { presence: present(seen), unanswered: [] })
}

const settled: EncryptionNote = { layout: LAYOUT, isChanging: false }

describe('encryption at rest', () => {
  it('is nothing to do where neither file nor cluster has it', () => {
    expect(planned(fileWith(), standing('')).encryption).toBeUndefined()
  })

  it('is turned on through every control plane', () => {
    const { changes } = planned(fileWith(SECRETS), standing(''))
    expect(changes.map(({ host, phase }) => `${host}: ${phase}`)).toEqual(
      ['cp1', 'cp2', 'cp3'].map((host) => `${host}: Encryption at rest`),
    )
    expect(changes[0]?.action).toContain('encrypt secrets with secretbox-1')
  })

  it('is nothing to do once that is settled, and causes no warning', () => {
    const { encryption, warnings } = planned(fileWith(SECRETS), standing(LAYOUT, settled))
    expect(encryption).toBeUndefined()
    expect(warnings).toEqual([])
  })

  it.each([
    ['that is not settled', { ...settled, isChanging: true }],
    ['of which nothing is noted', undefined],
  ])('is completed after a change %s', (_what, note) => {
    expect(planned(fileWith(SECRETS), standing(LAYOUT, note)).encryption?.target).toBe(LAYOUT)
  })

  it('is turned off when it leaves the file', () => {
    const { encryption, changes } = planned(fileWith(), standing(LAYOUT, settled))
    expect(encryption?.target).toBe('')
    expect(changes[0]?.action).toContain('decrypt secrets')
  })

  it('names the control planes that do not answer', () => {
    const away: Bystander = { ...aHost('cp3'), why: 'away' }
    const hosts = running.hosts.filter(({ name }) => name !== 'cp3')
    const [first] = hosts
    if (first === undefined) throw new Error('no host')
    const cluster = { ...fileWith(SECRETS), hosts, bystanders: [away] }
    expect(planEncryption(cluster, standing(''), first)?.missing).toEqual(['cp3'])
  })

  it('of somebody else is left alone, and reported', () => {
    const own = [{ name: 'encryption-provider-config', value: '/etc/kubernetes/enc.yaml' }]
    const { encryption, warnings } = planned(fileWith(SECRETS), standing('', undefined, own))
    expect(encryption).toBeUndefined()
    expect(warnings.join()).toContain(
      'kubernetes.encryptionAtRest is an encryption-provider-config of its own',
    )
  })
})
