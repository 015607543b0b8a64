import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../../src/cluster/model.js'
import type { Standing } from '../../../../src/facts/standing.js'
import { planUpgrade, type UpgradeInput } from '../../../../src/planning/upgrade/plan.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../../support/clusters.js'
import { joinedFacts, nodeOf, standingOf } from '../../../support/standings.js'

const members = (cluster: Cluster, version = '3.6.11') =>
  cluster.hosts.filter(({ role }) => role === 'control-plane').map(({ name }) => ({ name, version }))

function planned(changes: Partial<UpgradeInput> = {}, cluster = aCluster()) {
  return planUpgrade({
    file: cluster,
    facts: joinedFacts(cluster),
    unanswered: [],
    standing: standingOf(cluster),
    request: {},
    to: 'v1.37.2',
    between: [],
    members: members(cluster),
    ...changes,
  })
}

/** A standing in which these control planes already run another version. */
function upgradedApiServers(standing: Standing, version: string, ...hosts: readonly string[]): Standing {
  const components = standing.components.map((one) => (hosts.includes(one.host) ? { ...one, version } : one))
  return { ...standing, components }
}

const lines = ({ changes }: ReturnType<typeof planned>) =>
  changes.map(({ host, phase, action }) => `${host}: ${phase}: ${action}`)
const codes = ({ problems }: ReturnType<typeof planned>) => problems.map(({ code }) => code)

describe('the plan of an upgrade', () => {
  it('names every step in the order in which it is made', () => {
    expect(lines(planned())).toEqual([
      'cp1: etcd snapshot: snapshot of etcd before v1.37.2',
      ...['cp1', 'cp2', 'cp3', 'w1', 'w2'].map(
        (host) => `${host}: Packages: install kubeadm 1.37.2, fetch kubelet, kubectl and images`,
      ),
      'cp1: First upgraded control plane: kubeadm upgrade apply to v1.37.2, out of the load balancers meanwhile',
      'cp2: Other control planes: kubeadm upgrade node to v1.37.2, out of the load balancers meanwhile',
      'cp3: Other control planes: kubeadm upgrade node to v1.37.2, out of the load balancers meanwhile',
      ...['cp1', 'cp2', 'cp3'].map(
        (host) => `${host}: Control plane kubelets: drain, kubelet and kubectl v1.37.2, uncordon`,
      ),
      ...['w1', 'w2'].map((host) => `${host}: Worker kubelets: drain, kubelet and kubectl v1.37.2, uncordon`),
    ])
  })

  it('says what takes something away that runs', () => {
    const { changes } = planned()
    const phases = new Set(changes.filter(({ disruptive }) => disruptive === true).map(({ phase }) => phase))
    expect([...phases]).toEqual([
      'First upgraded control plane',
      'Other control planes',
      'Control plane kubelets',
      'Worker kubelets',
    ])
  })

  it('is empty where everything runs the version already', () => {
    const plan = planned({ to: 'v1.36.3' })
    expect(plan.changes).toEqual([])
    expect(plan.problems).toEqual([])
  })

  it('shows which versions run beside each other meanwhile', () => {
    expect(planned().shown.hops).toEqual([
      {
        version: 'v1.37.2',
        skew: 'API servers v1.36.3 to v1.37.2 meanwhile, kubelets v1.36.3 until their turn',
      },
    ])
  })

  it('does not care that the file asks for another version', () => {
    const file = aCluster()
    const other = { ...file, kubernetes: { ...file.kubernetes, version: 'v1.37.2' } }
    expect(planned({ file: other }).problems).toEqual([])
  })

  it('goes through several minors, each of them whole', () => {
    const cluster = aCluster({ kubernetes: { ...aCluster().kubernetes, version: 'v1.35.4' } })
    const plan = planned({ between: ['v1.36.3'], members: members(cluster, '3.6.6') }, cluster)
    expect(plan.hops).toEqual(['v1.36.3', 'v1.37.2'])
    const applies = lines(plan).filter((line) => line.includes('kubeadm upgrade apply'))
    expect(applies).toHaveLength(2)
    expect(lines(plan)).toContain('cp1: etcd step: etcd to 3.6.11-0, from which etcd supports the rest')
  })
})

describe("etcd's rule in the plan", () => {
  it('brings members that are too old to the version between first', () => {
    const plan = planned({ members: members(aCluster(), '3.6.8') })
    expect(lines(plan).filter((line) => line.includes('etcd step'))).toEqual(
      ['cp1', 'cp2', 'cp3'].map(
        (host) => `${host}: etcd step: etcd to 3.6.11-0, from which etcd supports the rest`,
      ),
    )
  })

  it('steps over it only if the operator says so', () => {
    const plan = planned({ members: members(aCluster(), '3.6.8'), request: { allowEtcdJump: true } })
    expect(lines(plan).filter((line) => line.includes('etcd step'))).toEqual([])
  })

  it('upgrades the members of an external etcd, and the kubelets under them', () => {
    const cluster = aClusterWithEtcdHosts()
    const etcd = ['e1', 'e2', 'e3'].map((name) => ({ name, version: '3.6.11' }))
    const found = lines(planned({ members: etcd }, cluster))
    expect(found).toContain(
      'e2: Upgraded etcd members: etcd member as kubeadm v1.37.2 deploys it; it restarts',
    )
    expect(found).toContain('e3: etcd kubelets: kubelet v1.37.2; its member restarts')
    expect(found[0]).toBe('e1: etcd snapshot: snapshot of etcd before v1.37.2')
  })
})

describe('an upgrade that was stopped', () => {
  it('goes on with the control plane on which kubeadm had not recorded the version yet', () => {
    const standing = upgradedApiServers(standingOf(aCluster()), 'v1.37.2', 'cp2')
    const plan = planned({ standing })
    expect(plan.first.name).toBe('cp2')
    expect(plan.problems).toEqual([])
  })

  it('names only what is still behind', () => {
    const cluster = aCluster()
    const whole = upgradedApiServers(standingOf(cluster), 'v1.37.2', 'cp1', 'cp2', 'cp3')
    const standing = {
      ...whole,
      configuration: { ...whole.configuration, version: 'v1.37.2' },
      nodes: whole.nodes.map((node) => (node.name === 'w2' ? node : { ...node, version: 'v1.37.2' })),
    }
    const facts = joinedFacts(cluster).map((one) => ({
      ...one,
      packages: { ...one.packages, kubeadm: '1.37.2-1.1' },
    }))
    expect(lines(planned({ standing, facts }))).toEqual([
      'cp1: etcd snapshot: snapshot of etcd before v1.37.2',
      'w2: Worker kubelets: drain, kubelet and kubectl v1.37.2, uncordon',
    ])
  })

  it('brings everything to the recorded version before it goes on to the next', () => {
    const standing = standingOf(aCluster())
    const nodes = standing.nodes.map((node) => (node.name === 'cp3' ? { ...node, version: 'v1.35.9' } : node))
    expect(planned({ standing: { ...standing, nodes } }).hops).toEqual(['v1.36.3', 'v1.37.2'])
  })
})

describe('an upgrade does not begin', () => {
  const cluster = aCluster()

  it('below a version that a control plane already runs', () => {
    const standing = upgradedApiServers(standingOf(cluster), 'v1.37.2', 'cp1')
    expect(codes(planned({ standing, to: 'v1.36.9' }))).toContain('UPGRADE_IS_DOWNGRADE')
  })

  it('as a downgrade', () => {
    expect(codes(planned({ to: 'v1.36.2' }))).toContain('UPGRADE_IS_DOWNGRADE')
  })

  it('over two minors without a release between', () => {
    const old = aCluster({ kubernetes: { ...cluster.kubernetes, version: 'v1.35.1' } })
    expect(codes(planned({}, old))).toContain('UPGRADE_PATH_MISSING')
  })

  it('without a control plane that the cluster has and the file has not', () => {
    const standing = standingOf(cluster)
    const stranger = nodeOf(cluster, aHost('cp9'))
    const found = planned({ standing: { ...standing, nodes: [...standing.nodes, stranger] } })
    expect(codes(found)).toContain('UPGRADE_NEEDS_HOST')
  })

  it('where a kubelet would be too old for the new API servers', () => {
    const standing = standingOf(cluster)
    const nodes = standing.nodes.map((node) => (node.name === 'w1' ? { ...node, version: 'v1.33.1' } : node))
    expect(codes(planned({ standing: { ...standing, nodes } }))).toContain('SKEW_TOO_LARGE')
  })

  it('with the workers, while the control planes are behind', () => {
    expect(codes(planned({ request: { only: 'workers' } }))).toContain('SKEW_TOO_LARGE')
  })

  it('with one part of several minors', () => {
    const old = aCluster({ kubernetes: { ...cluster.kubernetes, version: 'v1.35.4' } })
    const found = planned({ request: { only: 'control-planes' }, between: ['v1.36.3'] }, old)
    expect(codes(found)).toContain('UPGRADE_PATH_MISSING')
  })
})

describe('one part of an upgrade', () => {
  it('leaves the workers alone if only the control planes are asked for', () => {
    const found = lines(planned({ request: { only: 'control-planes' } }))
    expect(found.filter((line) => line.startsWith('w'))).toEqual([])
    expect(found.filter((line) => line.startsWith('cp2'))).toHaveLength(3)
  })
})

describe('what an upgrade warns of', () => {
  it('hosts that are not part of the cluster yet', () => {
    const standing = standingOf(aCluster())
    const nodes = standing.nodes.filter(({ name }) => name !== 'w2')
    const facts = joinedFacts(aCluster()).map((one) => (one.host === 'w2' ? { ...one, paths: [] } : one))
    const plan = planned({ standing: { ...standing, nodes }, facts })
    expect(plan.warnings).toContain('not part of the cluster yet, and left alone: w2')
    expect(lines(plan).some((line) => line.startsWith('w2'))).toBe(false)
  })

  it('a load balancer that is not ours', () => {
    const cluster = aCluster({ loadBalancer: { type: 'external' } })
    expect(planned({}, cluster).warnings).toContainEqual(
      expect.stringMatching(/take each control plane out of it by hand/),
    )
  })

  it('an API that is away while its only server is upgraded', () => {
    const cluster = aCluster({ hosts: ['cp1', 'w1', 'lb1'].map((name) => aHost(name)) })
    expect(planned({}, cluster).warnings).toContainEqual(expect.stringMatching(/one control plane/))
  })
})
