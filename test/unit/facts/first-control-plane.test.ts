import { describe, expect, it } from 'vitest'
import { HOST_PATHS } from '../../../src/cluster/host-paths.js'
import type { HostFacts } from '../../../src/facts/facts.js'
import {
  firstControlPlane,
  isInitialised,
  servingControlPlanes,
} from '../../../src/facts/first-control-plane.js'
import { aCluster, bareFacts } from '../../support/clusters.js'

const CERTIFICATES = ['/etc/kubernetes/pki/ca.crt', '/etc/kubernetes/pki/ca.key']
const CONF = ['/etc/kubernetes/admin.conf', '/etc/kubernetes/kubelet.conf']
const DATA = '/var/lib/etcd/member'
const SERVES = [{ port: 6443, program: 'kube-apiserver' }]

function firstOf(changes: Readonly<Record<string, Partial<HostFacts>>>, cluster = aCluster()): string {
  const observed = cluster.hosts.map((host) => ({ host, facts: bareFacts(host.name, changes[host.name]) }))
  return firstControlPlane(cluster, observed).name
}

describe('the first control plane', () => {
  it('is the first in the file if all hosts are bare', () => {
    expect(firstOf({})).toBe('cp1')
  })

  it('is the one where an init stopped after creating certificates', () => {
    expect(firstOf({ cp2: { paths: CERTIFICATES } })).toBe('cp2')
  })

  it('is never one with only certificates if another has the data, even without admin.conf', () => {
    expect(firstOf({ cp1: { paths: CERTIFICATES }, cp3: { paths: [DATA, ...CERTIFICATES] } })).toBe('cp3')
  })

  it('is one that serves rather than one in the middle of a join', () => {
    const joining = { paths: [DATA, ...CERTIFICATES, '/etc/kubernetes/admin.conf'] }
    const whole = { paths: [DATA, ...CERTIFICATES, ...CONF], listeners: SERVES }
    expect(firstOf({ cp1: joining, cp2: whole })).toBe('cp2')
  })

  it('is, after a power cut, one that has more of the cluster than an unfinished join', () => {
    const joining = { paths: [DATA, ...CERTIFICATES, '/etc/kubernetes/admin.conf'] }
    expect(firstOf({ cp1: joining, cp2: { paths: [DATA, ...CERTIFICATES, ...CONF] } })).toBe('cp2')
  })

  it('is one with an API server if etcd is external', () => {
    const cluster = aCluster({ etcd: { topology: 'external', endpoints: [] } })
    const paths = [...CERTIFICATES, '/etc/kubernetes/manifests/kube-apiserver.yaml']
    expect(firstOf({ cp1: { paths: CERTIFICATES }, cp2: { paths } }, cluster)).toBe('cp2')
  })
})

describe('control planes that may know a running cluster', () => {
  const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml' as const
  const JOINED = [DATA, ...CERTIFICATES, ...CONF, MANIFEST] as const
  const without = (...gone: readonly string[]) => ({ paths: JOINED.filter((path) => !gone.includes(path)) })
  const servingOf = (changes: Readonly<Record<string, Partial<HostFacts>>>) => {
    const cluster = aCluster()
    const observed = cluster.hosts.map((host) => ({ host, facts: bareFacts(host.name, changes[host.name]) }))
    return servingControlPlanes(cluster, observed).map(({ name }) => name)
  }

  it('are none if all hosts are bare or an init stopped before its API server', () => {
    expect(servingOf({})).toEqual([])
    expect(servingOf({ cp1: { paths: [...CERTIFICATES, ...CONF] } })).toEqual([])
  })

  it('are ordered with those that still have admin.conf first', () => {
    const gone = without('/etc/kubernetes/admin.conf')
    expect(servingOf({ cp1: gone, cp2: { paths: JOINED } })).toEqual(['cp2', 'cp1'])
    expect(servingOf({ cp1: gone, cp2: gone })).toEqual(['cp1', 'cp2'])
  })

  it('include those whose manifests were moved away', () => {
    expect(servingOf({ cp1: without(MANIFEST), cp2: without(MANIFEST) })).toEqual(['cp1', 'cp2'])
  })

  it('are none once every host was reset, even if the init mark remains', () => {
    expect(servingOf({ cp1: { paths: ['/var/lib/quorate/initialised'] } })).toEqual([])
  })
})

describe('a cluster that was initialised', () => {
  const isKnown = (changes: Readonly<Record<string, Partial<HostFacts>>>) => {
    const cluster = aCluster()
    const observed = cluster.hosts.map((host) => ({ host, facts: bareFacts(host.name, changes[host.name]) }))
    return isInitialised(cluster, observed, { kind: 'absent' })
  }
  const begun = ['/etc/kubernetes/manifests/kube-apiserver.yaml', DATA, ...CERTIFICATES, ...CONF]

  it('is known by its record', () => {
    expect(isKnown({ cp1: { paths: [...begun, HOST_PATHS.initialised] } })).toBe(true)
  })

  it('is known by its second control plane', () => {
    expect(isKnown({ cp1: { paths: begun }, cp2: { paths: begun } })).toBe(true)
  })

  it('is not known by an init that may not have finished', () => {
    expect(isKnown({ cp1: { paths: begun } })).toBe(false)
    expect(isKnown({})).toBe(false)
  })
})
