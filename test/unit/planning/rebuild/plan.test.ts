import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../../src/cluster/model.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import { QuorateError } from '../../../../src/errors/index.js'
import type { ArchivedCluster } from '../../../../src/planning/rebuild/archived-cluster.js'
import { planRebuild } from '../../../../src/planning/rebuild/plan.js'
import { anArchivedCluster } from '../../../support/archived-clusters.js'
import { aCluster, aClusterWithEtcdHosts, bareFacts } from '../../../support/clusters.js'
import { aSnapshotRecord } from '../../../support/member-statuses.js'
import { standingOf } from '../../../support/standings.js'

const REQUEST = { archive: '/backups/prod.tar.age', identity: '/keys/backup.txt' }
const bare = ({ hosts }: Cluster) => hosts.map(({ name }) => bareFacts(name))

function plan(
  archived: Partial<ArchivedCluster> = {},
  file: Cluster = aCluster(),
  facts: readonly HostFacts[] = bare(file),
) {
  return planRebuild(file, { facts, unanswered: [] }, anArchivedCluster(archived), REQUEST)
}

const problems = (...given: Parameters<typeof plan>) =>
  plan(...given).problems.map(({ code, host, message }) => ({ code, host, message }))

const configuration = standingOf(aCluster()).configuration

describe('the plan of a rebuild', () => {
  it('unpacks the snapshot before init, and deletes the old node before each join', () => {
    const made = plan()
    expect(made.problems).toEqual([])
    const steps = made.changes
      .filter(({ phase }) =>
        ['Archived snapshot', 'First control plane', 'Nodes', 'Control planes'].includes(phase),
      )
      .map(({ host, phase }) => `${host}: ${phase}`)
    expect(steps).toEqual([
      'cp1: Archived snapshot',
      'cp1: First control plane',
      'cp2: Nodes',
      'cp2: Control planes',
      'cp3: Nodes',
      'cp3: Control planes',
    ])
  })

  it('has nothing to do with workers, whether they answer or not', () => {
    const file = aCluster()
    const unanswered = [new QuorateError('SSH_UNREACHABLE', 'no route to host', { host: 'w1' }).report()]
    const facts = bare(file).filter(({ host }) => host !== 'w1')
    const made = planRebuild(file, { facts, unanswered }, anArchivedCluster(), REQUEST)
    expect(made.problems).toEqual([])
    expect(made.changes.filter(({ host }) => host.startsWith('w'))).toEqual([])
    expect(made.apply.workers).toEqual([])
  })

  it('needs every control plane', () => {
    const file = aCluster()
    const unanswered = [new QuorateError('SSH_UNREACHABLE', 'no route to host', { host: 'cp2' }).report()]
    const facts = bare(file).filter(({ host }) => host !== 'cp2')
    const made = planRebuild(file, { facts, unanswered }, anArchivedCluster(), REQUEST)
    expect(made.problems.map(({ host, code }) => ({ host, code }))).toContainEqual({
      host: 'cp2',
      code: 'SSH_UNREACHABLE',
    })
  })

  it('installs the version of the archive, and says so', () => {
    const made = plan({ configuration: { ...configuration, version: 'v1.36.2' } })
    expect(made.cluster.kubernetes.version).toBe('v1.36.2')
    expect(made.warnings.join('\n')).toContain('Kubernetes v1.36.2 is installed')
  })

  it('says what is lost', () => {
    expect(plan().warnings[0]).toContain('2026-11-27T18:51:25.000Z')
  })
})

describe('a rebuild is refused', () => {
  it('while an API server answers at the endpoint', () => {
    const [first] = problems({ isServed: true })
    expect(first).toMatchObject({ code: 'RESTORE_REFUSED' })
    expect(first?.message).toContain('api.prod.lab:6443')
  })

  it('where a control plane still has data of etcd', () => {
    const file = aCluster()
    const facts = bare(file).map((one) =>
      one.host === 'cp3' ? bareFacts('cp3', { paths: ['/var/lib/etcd/member'] }) : one,
    )
    expect(problems({}, file, facts)).toContainEqual(
      expect.objectContaining({ code: 'RESTORE_REFUSED', host: 'cp3' }),
    )
  })

  it('from the archive of another cluster', () => {
    const record = { ...aSnapshotRecord('cp2'), cluster: 'staging' }
    expect(problems({ record })[0]).toMatchObject({ code: 'SNAPSHOT_FOREIGN' })
  })

  it('where the CA in the archive is not that of the snapshot', () => {
    const record = { ...aSnapshotRecord('cp2'), caHash: 'sha256:other' }
    expect(problems({ record })[0]).toMatchObject({ code: 'SNAPSHOT_FOREIGN' })
  })

  it('from an archive without a key of the cluster', () => {
    const files = anArchivedCluster().files.filter((path) => !path.endsWith('sa.key'))
    expect(problems({ files })[0]?.message).toContain('/etc/kubernetes/pki/sa.key')
  })

  it.each([
    ['controlPlaneEndpoint', { controlPlaneEndpoint: 'other.lab:6443' }],
    ['networking.podSubnet', { podSubnet: '10.9.0.0/16' }],
    ['networking.serviceSubnet', { serviceSubnet: '10.9.0.0/16' }],
    ['networking.dnsDomain', { dnsDomain: 'other.local' }],
  ])('where %s is another', (field, change) => {
    const [first, ...others] = problems({ configuration: { ...configuration, ...change } })
    expect(first?.message).toContain(`kubernetes.${field}`)
    expect(others).toEqual([])
  })

  it('where values were encrypted otherwise than the file asks for', () => {
    const file = aCluster()
    const encryptionAtRest = { resources: ['secrets'], provider: 'secretbox', rotation: 1 } as const
    const asking = { ...file, kubernetes: { ...file.kubernetes, encryptionAtRest } }
    expect(problems({}, asking)[0]?.message).toContain('secrets=secretbox-1+identity')
  })

  it('where etcd has hosts of its own', () => {
    expect(problems({}, aClusterWithEtcdHosts())[0]?.message).toContain('hosts of its own')
  })
})
