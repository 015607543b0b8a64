import { describe, expect, it } from 'vitest'
import { requestMistake } from '../../../../src/planning/reset/request.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../../support/clusters.js'
import { nodeOf, standingOf } from '../../../support/standings.js'
import { ABSENT, codes, messages, names, ofAll, UNREADABLE } from './reset-scene.js'

const LOSSES = { pods: 40, workloads: 12, loadBalancers: 1, volumes: 3 }

describe('the end of a cluster', () => {
  it('comes to every host, to those that others need last', () => {
    const { changes, problems } = ofAll({ cluster: aClusterWithEtcdHosts() })
    expect(problems).toEqual([])
    expect([...new Set(changes.map(({ host }) => host))]).toEqual([
      'w1',
      'lb1',
      'cp1',
      'cp2',
      'e1',
      'e2',
      'e3',
    ])
  })

  it('never runs kubeadm where there are only members of etcd', () => {
    const { changes } = ofAll({ cluster: aClusterWithEtcdHosts() })
    const actions = changes.filter(({ host, phase }) => host === 'e1' && phase === 'Erase')
    expect(actions.map(({ action }) => action).join()).not.toContain('kubeadm')
  })

  it('says what is lost', () => {
    expect(ofAll({ losses: LOSSES }).warnings).toEqual([
      'this destroys the cluster prod: 5 nodes, 3 etcd members, and all that is stored in etcd',
      'lost with it: 12 workloads with 40 pods',
      'lost with it: 3 persistent volumes; data on the hosts, and whatever was made for it outside of the cluster stays: delete it first',
      'lost with it: 1 Service of the type LoadBalancer, and whatever was made for it outside of the cluster stays: delete it first',
    ])
  })

  it('says that nobody knows what is lost if the API does not answer, and is possible all the same', () => {
    const { warnings, problems } = ofAll({ presence: UNREADABLE })
    expect(problems).toEqual([])
    expect(warnings[0]).toContain('what runs in it is not known')
  })

  it('says that the data stay in an etcd that somebody else runs', () => {
    const endpoints = ['https://192.0.2.90:2379']
    const clientFiles = { caFile: '/ca', certFile: '/cert', keyFile: '/key' }
    const cluster = aCluster({ etcd: { topology: 'external', endpoints, clientFiles } })
    expect(ofAll({ cluster, presence: ABSENT }).warnings.join()).toContain(
      'the data of this cluster stay in it',
    )
  })

  it('goes on with what is left once the control planes are bare', () => {
    const found = ofAll({ presence: ABSENT, bare: ['cp1', 'cp2', 'cp3', 'w1'] })
    expect(found.problems).toEqual([])
    expect(names(found)).toEqual(['w2', 'lb1'])
    expect(found.bare).toEqual(['cp1', 'cp2', 'cp3', 'w1'])
  })

  it('includes a host that is away, for which the run will wait', () => {
    const found = ofAll({ away: ['w2'] })
    expect(found.problems).toEqual([])
    expect(found.resetting.filter(({ isAway }) => isAway).map(({ host }) => host.name)).toEqual(['w2'])
    expect(found.warnings.join()).toContain('w2 does not answer (no answer)')
  })

  it('knows the CA that a host which comes later must have', () => {
    expect(ofAll().cluster.caHash).toBe('sha256:ca')
    expect(ofAll({ presence: UNREADABLE }).cluster.caHash).toBe('sha256:ca')
    expect(ofAll({ presence: ABSENT, bare: ['cp1', 'cp2', 'cp3'] }).cluster.caHash).toBeUndefined()
  })

  it('leaves a worker alone that the file does not have, and says so', () => {
    const { nodes } = standingOf(aCluster())
    const standing = { nodes: [...nodes, nodeOf(aCluster(), aHost('w9'))] }
    const found = ofAll({ standing, losses: LOSSES })
    expect(found.problems).toEqual([])
    expect(found.warnings).toContain('nodes that the cluster file does not have keep what they have: w9')
  })
})

describe('the end of a cluster is refused', () => {
  it('if one of its hosts belongs to another', () => {
    expect(codes(ofAll({ facts: { w2: { claimedBy: 'other' } } }))).toEqual([['FOREIGN_CLUSTER', 'w2']])
  })

  it('if a control plane that the file does not have would go on without the others', () => {
    const { nodes } = standingOf(aCluster())
    const standing = { nodes: [...nodes, nodeOf(aCluster(), aHost('cp4'))] }
    expect(messages(ofAll({ standing }))).toEqual([
      'cp4 is part of the cluster and not in the cluster file: it would go on without the others',
    ])
  })

  it('if a host must first be made to answer by a person', () => {
    expect(codes(ofAll({ away: ['w2'], code: 'SSH_AUTHENTICATION_FAILED' }))).toEqual([
      ['SSH_AUTHENTICATION_FAILED', 'w2'],
    ])
  })

  it('if no host answers at all', () => {
    const away = ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1']
    expect(ofAll({ presence: ABSENT, away }).problems).toHaveLength(away.length)
  })
})

describe('a request for a reset', () => {
  it.each([
    ['names nothing', [], false, 'name the hosts, or take all of them'],
    ['names hosts and all of them', ['w1'], true, 'name hosts, or take all of them: not both'],
    ['names a host twice', ['w1', 'w2', 'w1'], false, 'w1 is named twice'],
    ['names hosts', ['w1', 'w2'], false, undefined],
    ['means all hosts', [], true, undefined],
  ])('that %s', (_, hosts, all, mistake) => {
    expect(requestMistake({ hosts, all, packages: false })).toBe(mistake)
  })
})
