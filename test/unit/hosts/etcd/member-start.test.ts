import { describe, expect, it } from 'vitest'
import type { EtcdMember } from '../../../../src/hosts/etcd/members.js'
import { memberStart, type MemberTraces } from '../../../../src/hosts/etcd/member-start.js'
import { aHost } from '../../../support/clusters.js'

const HOSTS = ['e1', 'e2', 'e3'].map((name) => aHost(name))
const FOUNDERS = 'e1=https://192.0.2.31:2380,e2=https://192.0.2.32:2380,e3=https://192.0.2.33:2380'
const BARE: MemberTraces = { hasData: false, wasStarted: false, founds: false }
const FOUNDING: MemberTraces = { ...BARE, founds: true, initialCluster: FOUNDERS }
const EMPTY: MemberTraces = { ...FOUNDING, wasStarted: true }
const RUNNING: MemberTraces = { ...EMPTY, hasData: true }

function member(name: string, changes: Partial<EtcdMember> = {}): EtcdMember {
  const { internalAddress } = aHost(name)
  return {
    id: name,
    name,
    started: true,
    learner: false,
    peerUrls: [`https://${internalAddress}:2380`],
    clientUrls: [`https://${internalAddress}:2379`],
    ...changes,
  }
}

const start = (
  name: string,
  traces: readonly MemberTraces[],
  members?: readonly EtcdMember[],
  hosts = HOSTS,
) => memberStart({ host: aHost(name), hosts, traces, members })

describe('the member of an etcd host', () => {
  it('bootstraps etcd with all the others if all are bare', () => {
    expect(start('e2', [BARE, BARE, BARE])).toEqual({ kind: 'founds', initialCluster: FOUNDERS })
  })

  it('bootstraps etcd like the others if some have started without a majority', () => {
    expect(start('e2', [RUNNING, BARE, BARE])).toEqual({ kind: 'founds', initialCluster: FOUNDERS })
    expect(start('e2', [FOUNDING, FOUNDING, BARE])).toEqual({ kind: 'founds', initialCluster: FOUNDERS })
  })

  it('bootstraps etcd even if a majority runs that has never seen it', () => {
    const members = [member('e1'), member('e2'), member('e3', { clientUrls: [] })]
    expect(start('e3', [RUNNING, RUNNING, BARE], members)).toEqual({
      kind: 'founds',
      initialCluster: FOUNDERS,
    })
  })

  it('continues with its data, whatever else is true', () => {
    expect(start('e1', [RUNNING, BARE, BARE])).toEqual({ kind: 'goes-on' })
    expect(start('e1', [{ ...BARE, hasData: true }, BARE, BARE], [])).toEqual({ kind: 'goes-on' })
  })

  it('is not started again if etcd has seen it and its data is gone', () => {
    const members = ['e1', 'e2', 'e3'].map((name) => member(name))
    expect(start('e3', [RUNNING, RUNNING, FOUNDING], members)).toEqual({ kind: 'data-lost' })
    expect(start('e3', [RUNNING, RUNNING, EMPTY], members)).toEqual({ kind: 'data-lost' })
  })

  it('continues as it was told where it has started without data, and nobody knows whether it ever had any', () => {
    expect(start('e2', [RUNNING, EMPTY, EMPTY])).toEqual({ kind: 'goes-on' })
  })

  it('waits if etcd exists without it and does not answer, so that there is never a second etcd', () => {
    const others = [...HOSTS, aHost('e4')]
    expect(start('e4', [RUNNING, RUNNING, RUNNING, BARE], undefined, others)).toEqual({ kind: 'waits' })
    expect(start('e2', [{ ...BARE, hasData: true }, BARE, BARE])).toEqual({ kind: 'waits' })
  })

  it('is added to an etcd that does not know it', () => {
    const members = ['e1', 'e2', 'e3'].map((name) => member(name))
    const others = [...HOSTS, aHost('e4')]
    expect(start('e4', [RUNNING, RUNNING, RUNNING, BARE], members, others)).toEqual({ kind: 'is-added' })
  })

  it('joins if it was added and never started, with exactly the current members', () => {
    const added = member('e4', { name: '', started: false, clientUrls: [], learner: true })
    const members = [...['e1', 'e2', 'e3'].map((name) => member(name)), added]
    const others = [...HOSTS, aHost('e4')]
    expect(start('e4', [RUNNING, RUNNING, RUNNING, BARE], members, others)).toEqual({
      kind: 'joins',
      initialCluster: `${FOUNDERS},e4=https://192.0.2.34:2380`,
    })
  })
})
