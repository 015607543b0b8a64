import { describe, expect, it } from 'vitest'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../../support/clusters.js'
import { nodeOf, standingOf } from '../../../support/standings.js'
import type { Standing } from '../../../../src/facts/standing.js'
import { ABSENT, codes, messages, names, ofHosts, UNREADABLE } from './reset-scene.js'

/** The running cluster without some of its nodes and members. */
function without(...gone: readonly string[]) {
  const { nodes, members = [] } = standingOf(aCluster())
  return {
    nodes: nodes.filter(({ name }) => !gone.includes(name)),
    members: members.filter(({ name }) => !gone.includes(name)),
  }
}

describe('the reset of a host that is no part of the running cluster', () => {
  it('stops it, erases it, and gives it back', () => {
    const { changes, problems } = ofHosts(['w1'], { standing: without('w1') })
    expect(problems).toEqual([])
    expect(changes.map(({ host, phase, disruptive }) => [host, phase, disruptive ?? false])).toEqual([
      ['w1', 'Stop', true],
      ['w1', 'Erase', true],
      ['w1', 'Give back', false],
    ])
  })

  it('removes packages only if that is asked for', () => {
    const { changes } = ofHosts(['w1'], { standing: without('w1'), packages: true })
    expect(changes.map(({ phase }) => phase)).toContain('Remove packages')
  })

  it('changes nothing if it is bare', () => {
    const found = ofHosts(['w1'], { standing: without('w1'), bare: ['w1'] })
    expect(found).toMatchObject({ changes: [], problems: [], bare: ['w1'] })
  })

  it('works for one that was only prepared', () => {
    const facts = { w1: { claimedBy: 'prod' } }
    expect(names(ofHosts(['w1'], { standing: without('w1'), bare: ['w1'], facts }))).toEqual(['w1'])
  })

  it('works for a control plane whose join died before it had a node or a member', () => {
    expect(ofHosts(['cp3'], { standing: without('cp3') }).problems).toEqual([])
  })

  it('works where there is no cluster any more', () => {
    const bare = ['cp1', 'cp2', 'cp3', 'lb1']
    expect(ofHosts(['w1', 'w2'], { presence: ABSENT, bare }).problems).toEqual([])
  })

  it('makes the cluster forget a machine that came back after its removal, with its node', () => {
    const removed = [{ name: 'w1', machineId: 'machine-w1', removedAt: '2026-11-01T00:00:00Z' }]
    const found = ofHosts(['w1'], { standing: { removed } })
    expect(found.problems).toEqual([])
    expect(found.apiHost?.name).toBe('cp1')
    expect(found.changes.map(({ phase }) => phase)).toEqual(['Stop', 'Erase', 'Nodes', 'Give back'])
  })

  it('pins each host to the machine that answered', () => {
    const { resetting } = ofHosts(['w1'], { standing: without('w1') })
    expect(resetting[0]?.host.machineId).toBe('machine-w1')
  })
})

describe('the reset of a living part of the cluster is refused', () => {
  const stays = { code: 'RESET_REFUSED' }

  it.each([
    ['w1', 'it is a node of the running cluster'],
    ['cp1', 'it is a node of the running cluster'],
  ])('if it is a node: %s', (name, message) => {
    const { problems } = ofHosts([name])
    expect(problems).toMatchObject([
      { ...stays, host: name, message, hint: `run \`quorate remove ${name}\` instead` },
    ])
  })

  it('if its machine is a node under another name', () => {
    const { nodes } = standingOf(aCluster())
    const other = nodeOf(aCluster(), aHost('w1'), { name: 'old-w1' })
    const standing = { nodes: [...nodes.filter(({ name }) => name !== 'w1'), other] }
    expect(messages(ofHosts(['w1'], { standing }))).toEqual([
      'it is a node of the running cluster, as old-w1',
    ])
  })

  it('if another machine has its name as a node by now', () => {
    const { nodes } = standingOf(aCluster())
    const standing = {
      nodes: nodes.map((node) => (node.name === 'w1' ? { ...node, machineId: 'another' } : node)),
    }
    expect(codes(ofHosts(['w1'], { standing }))).toEqual([['RESET_REFUSED', 'w1']])
  })

  it('if it has lost its node and is still a member of etcd', () => {
    const standing = { nodes: without('cp3').nodes }
    expect(messages(ofHosts(['cp3'], { standing }))).toEqual([
      "it is the member cp3 of the running cluster's etcd",
    ])
  })

  it('if it is a member of an etcd on its own hosts', () => {
    expect(codes(ofHosts(['e3'], { cluster: aClusterWithEtcdHosts() }))).toEqual([['RESET_REFUSED', 'e3']])
  })

  it('if etcd does not say whether it is a member', () => {
    const { nodes } = without('cp3')
    const rest = Object.entries({ ...standingOf(aCluster()), nodes }).filter(([key]) => key !== 'members')
    const standing = Object.fromEntries(rest) as unknown as Standing
    const found = ofHosts(['cp3'], { presence: { kind: 'read', standing } })
    expect(messages(found)).toEqual(['it has data of etcd, which does not say who its members are'])
  })

  it('if it balances for the cluster', () => {
    const facts = { lb1: { listeners: [{ port: 6443, program: 'haproxy' }] } }
    expect(messages(ofHosts(['lb1'], { facts }))).toEqual(['it balances for the running cluster'])
  })
})

describe('the reset of a host of another cluster is refused', () => {
  it.each([
    ['that has claimed it', { claimedBy: 'other' }, 'the host is claimed by the cluster other'],
    ['with another CA, whatever the claim says', { caHash: 'sha256:other' }, 'another cluster CA'],
    [
      'whose API it talks to',
      { claimedBy: undefined, apiServer: '10.0.0.1:6443' },
      'the cluster at 10.0.0.1:6443',
    ],
    [
      'that it does not name',
      { claimedBy: undefined, apiServer: undefined },
      'nothing on it shows that it belongs to prod',
    ],
  ])('%s', (_, facts, message) => {
    const found = ofHosts(['w1'], {
      standing: without('w1'),
      facts: { w1: facts as Parameters<typeof Object.assign>[0] },
    })
    expect(found.problems).toMatchObject([{ code: 'FOREIGN_CLUSTER', host: 'w1' }])
    expect(messages(found)[0]).toContain(message)
    expect(found.changes).toEqual([])
  })

  it('and another host of the file does not matter', () => {
    const facts = { w2: { claimedBy: 'other' } }
    expect(ofHosts(['w1'], { standing: without('w1'), facts }).problems).toEqual([])
  })
})

describe('the reset of hosts is refused', () => {
  it('for a host that the file does not have, with those that it has', () => {
    expect(ofHosts(['w9']).problems).toMatchObject([
      { code: 'HOST_UNKNOWN', hint: 'the hosts are cp1, cp2, cp3, w1, w2, lb1' },
    ])
  })

  it('for a host that is named twice', () => {
    expect(messages(ofHosts(['w1', 'w1'], { standing: without('w1') }))).toEqual(['w1 is named twice'])
  })

  it('for a host that does not answer: nobody knows which machine it is', () => {
    expect(codes(ofHosts(['w1'], { standing: without('w1'), away: ['w1'] }))).toEqual([['HOST_AWAY', 'w1']])
  })

  it('for two names of one machine', () => {
    const facts = { w1: { machineId: 'machine-cp1' } }
    const found = ofHosts(['w1'], { standing: without('w1'), facts })
    expect(codes(found)).toContainEqual(['SAME_MACHINE_TWICE', 'w1'])
  })

  it('while the API does not answer, which alone knows its nodes', () => {
    expect(codes(ofHosts(['w1'], { presence: UNREADABLE }))).toEqual([['CLUSTER_UNREADABLE', 'cp1']])
  })

  it('while a control plane is away that may know of a cluster', () => {
    const found = ofHosts(['w1'], { presence: ABSENT, away: ['cp2'], bare: ['cp1', 'cp3'] })
    expect(codes(found)).toEqual([['SSH_UNREACHABLE', 'cp2']])
  })

  it('for one of the members of an etcd that has no API server yet', () => {
    const cluster = aClusterWithEtcdHosts()
    const facts = Object.fromEntries(
      ['e1', 'e2', 'e3'].map((name) => [name, { paths: ['/var/lib/etcd/member'] }]),
    )
    const scene = {
      cluster,
      presence: ABSENT,
      bare: ['cp1', 'cp2'],
      facts: Object.assign(facts) as typeof facts,
    }
    expect(messages(ofHosts(['e3'], scene))).toEqual([
      'it has data of an etcd that it shares with e1 and e2, which would lose a member',
    ])
    expect(ofHosts(['e1', 'e2', 'e3'], scene).problems).toEqual([])
  })
})
