/** Edits of the file that would disrupt what runs, and were once taken for something else. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ETCD_KUBELET_UNIT } from '../../../../src/configuration/etcd/kubelet.js'
import { OBSERVED_PATHS, type HostFacts } from '../../../../src/facts/facts.js'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import { servingControlPlanes } from '../../../../src/facts/first-control-plane.js'
import { observedHosts, planApply } from '../../../../src/planning/plan.js'
import { aCluster, aClusterWithEtcdHosts, aHost, bareDetails, bareFacts } from '../../../support/clusters.js'
import { joinedFacts, present, standingOf } from '../../../support/standings.js'
import { defined } from '../../../../src/values/defined.js'

const running = aCluster()
const withHosts = (...hosts: readonly Host[]): Cluster => ({ ...running, hosts })

interface Situation {
  readonly file?: Cluster
  readonly facts: readonly HostFacts[]
  readonly standing: Parameters<typeof standingOf>[1]
}

function planOf({ file = running, facts, standing }: Situation) {
  return planApply(file, facts, { presence: present(standingOf(running, standing)), unanswered: [] })
}

function findingsOf(situation: Situation) {
  return planOf(situation).findings.map(
    ({ severity, code, host, message }) => `${severity} ${code} ${host ?? '-'}: ${message}`,
  )
}

describe('hosts with etcd members', () => {
  const external = aClusterWithEtcdHosts()
  const isMember = (name: string) => name.startsWith('e')
  const facts = joinedFacts(external).map((one): HostFacts =>
    isMember(one.host) ? { ...one, paths: [ETCD_KUBELET_UNIT, '/var/lib/etcd/member'] } : one,
  )
  const told = (file: Cluster, learnt: Parameters<typeof planApply>[2]) =>
    planApply(file, facts, learnt).problems.map(({ code, host: name, message }) => [code, name, message])
  const read = { presence: present(standingOf(external)), unanswered: [] }
  const asWorker: Cluster = {
    ...external,
    hosts: external.hosts.map((one) => (one.name === 'e3' ? { ...one, role: 'worker' } : one)),
  }

  it.each([
    ['the standing is known', read],
    ['no API server answers', { ...read, presence: { kind: 'unreadable', host: 'cp1', reason: 'down' } }],
    ['there is no cluster on it yet', { ...read, presence: { kind: 'absent' } }],
  ] as const)('cannot change their role, whether or not %s', (_, learnt) => {
    expect(told(asWorker, learnt)).toContainEqual([
      'ROLE_CHANGED',
      'e3',
      'it carries a member of etcd, and the file says worker',
    ])
  })

  it('stop an apply once they have left the file, before API servers get other endpoints', () => {
    const file = { ...external, hosts: external.hosts.filter(({ name }) => name !== 'e3') }
    expect(told(file, read)).toEqual([
      [
        'NODE_NOT_IN_FILE',
        undefined,
        'etcd has the member e3 at https://192.0.2.33:2380, and it belongs to no host of the cluster file',
      ],
    ])
  })

  it('can leave the file once their member was removed', () => {
    const file = { ...external, hosts: external.hosts.filter(({ name }) => name !== 'e3') }
    const members = standingOf(external).members?.filter(({ name }) => name !== 'e3') ?? []
    const presence = present(standingOf(external, { members }))
    expect(told(file, { ...read, presence })).toEqual([])
  })

  it('stop an apply if the file and the API no longer have them but etcd does', () => {
    const left = ({ name }: { readonly name: string }) => name !== 'cp3'
    const stopped = planApply(
      withHosts(...running.hosts.filter(left)),
      joinedFacts(running).filter((one) => one.host !== 'cp3'),
      {
        presence: present(standingOf(running, { nodes: standingOf(running).nodes.filter(left) })),
        unanswered: [],
      },
    )
    expect(stopped.problems.map(({ message }) => message)).toEqual([
      'etcd has the member cp3 at https://192.0.2.13:2380, and it belongs to no host of the cluster file',
    ])
  })
})

describe('a pod network that somebody else installed', () => {
  const withNetwork = (...podNetworks: readonly string[]) =>
    joinedFacts(running).map((one) => ({ ...one, details: bareDetails(one.host, { podNetworks }) }))
  const standing = { runsFlannel: false, podNetwork: 'differs' } as const

  it('is not replaced with Flannel', () => {
    const facts = withNetwork('/etc/cni/net.d/10-calico.conflist')
    expect(findingsOf({ facts, standing })).toEqual([
      'error FIELD_CANNOT_CHANGE -: network.plugin is another one (/etc/cni/net.d/10-calico.conflist) in the running cluster, and flannel in the file',
    ])
  })

  it('is not assumed if Flannel itself was deleted or no network was applied yet', () => {
    const flannel = withNetwork('/etc/cni/net.d/10-flannel.conflist', '/etc/cni/net.d/87-podman.conflist')
    expect(findingsOf({ facts: flannel, standing })).toEqual([])
    expect(findingsOf({ facts: withNetwork(), standing })).toEqual([])
  })
})

describe('a host that joins a cluster whose kubelets do not tolerate swap', () => {
  const w3 = bareFacts('w3', { swapOn: true })
  const join = (failSwapOn: boolean | undefined, kept: object) => {
    const { kubeadm } = running.kubernetes
    const kubeletConfiguration = defined({ failSwapOn })
    const file = {
      ...withHosts(...running.hosts, aHost('w3')),
      kubernetes: { ...running.kubernetes, kubeadm: { ...kubeadm, kubeletConfiguration } },
    }
    const facts = [...joinedFacts(running), w3]
    return planOf({ file, facts, standing: { kubeletConfiguration: { ...kept } } }).changes.some(
      ({ action }) => action === 'turn swap off',
    )
  }

  it('gets swap turned off', () => {
    expect(join(undefined, {})).toBe(true)
  })

  it('keeps swap if the file allows it, which the same apply brings to the cluster', () => {
    expect(join(false, {})).toBe(false)
  })

  it('keeps swap if the running cluster allows it', () => {
    expect(join(false, { failSwapOn: false })).toBe(false)
    expect(join(undefined, { failSwapOn: false })).toBe(false)
  })
})

describe('a cluster whose API does not answer', () => {
  const presence = { kind: 'unreadable', host: 'cp1', reason: 'down' } as const
  const apiServerPod = { port: 6443, imageRepository: 'registry.k8s.io' }
  const facts = joinedFacts(running).map((one) => ({
    ...one,
    listeners: [],
    ...(one.host.startsWith('cp') ? { apiServerPod } : {}),
  }))
  const edited = (changes: Partial<Cluster['kubernetes']>) =>
    planApply({ ...running, kubernetes: { ...running.kubernetes, ...changes } }, facts, {
      presence,
      unanswered: [],
    })

  it('keeps its image repository', () => {
    const { changes, cluster } = edited({ imageRepository: 'mirror.lab/k8s' })
    expect(cluster.kubernetes.imageRepository).toBe('registry.k8s.io')
    expect(changes.filter(({ phase }) => phase === 'Prepare hosts')).toEqual([])
  })

  it('keeps the API server port found in its manifests', () => {
    const kubeadm = {
      ...running.kubernetes.kubeadm,
      initConfiguration: { localAPIEndpoint: { bindPort: 7443 } },
    }
    expect(edited({ kubeadm }).problems.map(({ code }) => code)).toContain('FIELD_CANNOT_CHANGE')
  })
})

/** Files that people take from control planes: to stop a component, to protect a key, to save space. */
const TAKEN = OBSERVED_PATHS.filter(
  (path) => path !== '/etc/kubernetes/kubelet.conf' && path !== '/var/lib/etcd/member',
)

describe('whatever files are missing on the control planes', () => {
  it(
    'an apply installs no version from the file on joined hosts before it has asked the cluster',
    { timeout: 60_000 },
    () => {
      const taken = fc.record({
        cp1: fc.subarray([...TAKEN]),
        cp2: fc.subarray([...TAKEN]),
        cp3: fc.subarray([...TAKEN]),
      })
      fc.assert(
        fc.property(taken, fc.constantFrom('v1.36.4', 'v1.37.2', 'v1.35.1'), (gone, version) => {
          const file = { ...running, kubernetes: { ...running.kubernetes, version } }
          const facts = joinedFacts(running).map((one): HostFacts => {
            const lost = new Set<string>(
              (gone as Readonly<Record<string, readonly string[]>>)[one.host] ?? [],
            )
            return { ...one, listeners: [], paths: one.paths.filter((path) => !lost.has(path)) }
          })
          const [host] = servingControlPlanes(file, observedHosts(file, facts))
          expect(host).toBeDefined()
          const presence = { kind: 'unreadable', host: host?.name ?? '', reason: 'down' } as const
          const { changes } = planApply(file, facts, { presence, unanswered: [] })
          expect(changes.filter(({ action }) => action.startsWith('install'))).toEqual([])
        }),
        { numRuns: 60 },
      )
    },
  )
})
