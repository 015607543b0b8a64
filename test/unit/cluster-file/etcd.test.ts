import { describe, expect, it } from 'vitest'
import { clusterFile, parse, problemTexts, warningTexts, type Change } from './cluster-files.js'

const EXTERNAL: Change = [['spec', 'etcd'], { topology: 'external' }]
const etcdHosts = (count: number): Change[] =>
  Array.from({ length: count }, (_, index) => [
    ['spec', 'hosts', 5 + index],
    { name: `e${index + 1}`, role: 'etcd', address: `10.0.0.${31 + index}` },
  ])
const FOREIGN = {
  topology: 'external',
  endpoints: ['https://etcd1.prod.lab:2379', 'https://etcd2.prod.lab:2379/'],
  caFile: './etcd/ca.crt',
  certFile: '~/client.crt',
  keyFile: '/secure/client.key',
}

describe('etcd on hosts of its own', () => {
  it('uses the client URLs of its hosts as endpoints', () => {
    const { cluster, warnings } = parse(clusterFile(EXTERNAL, ...etcdHosts(3)))
    expect(cluster.etcd).toEqual({
      topology: 'external',
      endpoints: ['https://10.0.0.31:2379', 'https://10.0.0.32:2379', 'https://10.0.0.33:2379'],
    })
    expect(warnings).toEqual([])
  })

  it('can have a single member, with a warning', () => {
    expect(warningTexts(clusterFile(EXTERNAL, ...etcdHosts(1)))).toEqual([
      'spec.hosts: one etcd member is not highly available; give the role etcd to three hosts',
    ])
  })

  it('must have an odd number of members: an even one tolerates no more failures', () => {
    expect(problemTexts(clusterFile(EXTERNAL, ...etcdHosts(4)))).toEqual([
      'spec.hosts: 4 etcd hosts survive the loss of 1, as 3 do, and one more can fail; use 3 or 5: etcd needs more than half of its members',
    ])
  })

  it('allows any number of control planes', () => {
    const two = clusterFile(EXTERNAL, ...etcdHosts(3), [['spec', 'hosts', 2, 'role'], 'worker'])
    expect(warningTexts(two)).toEqual([])
  })

  it.each([
    [
      'no hosts',
      [EXTERNAL],
      'spec.etcd.topology: external, but no host has the role etcd; give it to three hosts, or give endpoints, caFile, certFile and keyFile of an etcd of your own',
    ],
    [
      'hosts while etcd is stacked',
      etcdHosts(1),
      'spec.hosts[5].role: "e1" is an etcd host, but the topology is stacked; set spec.etcd.topology: external, or remove the host',
    ],
    [
      'hosts that are known only by name',
      [EXTERNAL, ...etcdHosts(3), [['spec', 'hosts', 6, 'address'], 'e2.prod.lab']],
      'spec.hosts[6].internalAddress: required, because the address "e2.prod.lab" is a name; an etcd member advertises an IP address; give it here',
    ],
    [
      'files without endpoints',
      [EXTERNAL, ...etcdHosts(3), [['spec', 'etcd', 'caFile'], './ca.crt']],
      'spec.etcd.caFile: only valid together with endpoints; remove it, or give the endpoints of your etcd; for etcd hosts, Quorate creates the certificates',
    ],
  ] as readonly [string, readonly Change[], string][])('is rejected with %s', (_, changes, problem) => {
    expect(problemTexts(clusterFile(...changes))).toEqual([problem])
  })
})

describe('an etcd that somebody else runs', () => {
  it('is described by its endpoints and the paths of the client files', () => {
    expect(parse(clusterFile([['spec', 'etcd'], FOREIGN])).cluster.etcd).toEqual({
      topology: 'external',
      endpoints: ['https://etcd1.prod.lab:2379', 'https://etcd2.prod.lab:2379'],
      clientFiles: {
        caFile: '/clusters/prod/etcd/ca.crt',
        certFile: '/home/ops/client.crt',
        keyFile: '/secure/client.key',
      },
    })
  })

  it.each([
    [
      'without its key',
      [[['spec', 'etcd'], { ...FOREIGN, keyFile: undefined }]],
      'spec.etcd.keyFile: missing; an etcd of your own needs caFile, certFile and keyFile, which the API servers connect with',
    ],
    [
      'without TLS',
      [[['spec', 'etcd'], { ...FOREIGN, endpoints: ['http://10.9.9.1:2379'] }]],
      'spec.etcd.endpoints[0]: "http://10.9.9.1:2379" is not https; use https with client certificates: etcd holds the cluster\'s secrets',
    ],
    [
      'beside etcd hosts',
      [[['spec', 'etcd'], FOREIGN], ...etcdHosts(1)],
      'spec.hosts[5].role: "e1" is an etcd host, but spec.etcd.endpoints names an etcd of your own; remove the host, or the endpoints and files',
    ],
    [
      'while etcd is stacked',
      [[['spec', 'etcd'], { endpoints: ['https://10.9.9.1:2379'] }]],
      'spec.etcd.endpoints: the topology is stacked; remove it, or set topology: external',
    ],
  ] as readonly [string, readonly Change[], string][])('is rejected %s', (_, changes, problem) => {
    expect(problemTexts(clusterFile(...changes))).toEqual([problem])
  })
})
