import { describe, expect, it } from 'vitest'
import type { Reachability } from '../../../src/facts/host-details.js'
import { connectionsFrom, connectionTargets } from '../../../src/preflight/targets.js'
import { preflight } from '../../../src/preflight/checks.js'
import { aCluster, aHost, bareFacts, bareProbes } from '../../support/clusters.js'
import { findingsWith, JOINED } from './broken-hosts.js'

const cluster = aCluster()
const ways = (host: string): readonly string[] =>
  connectionsFrom(cluster, aHost(host)).map(({ to, port }) => `${to.name}:${port.port}`)

const to = (host: string, ports: readonly number[], outcome: Reachability): Record<string, Reachability> =>
  Object.fromEntries(ports.map((port) => [`${aHost(host).internalAddress}:${port}`, outcome]))

const told = (findings: ReturnType<typeof findingsWith>): readonly string[] =>
  findings.map(({ host, severity, message }) => `${host ?? ''} ${severity} ${message}`)

describe('the connections that preflight tries', () => {
  it('lead from a control plane to the API servers, etcd members and kubelets of the others', () => {
    expect(ways('cp1')).toEqual([
      ...['cp2', 'cp3'].flatMap((name) => [6443, 2379, 2380, 10250].map((port) => `${name}:${port}`)),
      'w1:10250',
      'w2:10250',
    ])
  })

  it('lead from a worker to the API servers and not to other workers', () => {
    expect(ways('w1')).toEqual(['cp1:6443', 'cp2:6443', 'cp3:6443'])
  })

  it('lead from a load balancer to the API servers', () => {
    expect(ways('lb1')).toEqual(['cp1:6443', 'cp2:6443', 'cp3:6443'])
  })

  it('lead between etcd hosts, and from control planes to etcd', () => {
    const etcd = [1, 2].map((number) =>
      aHost(`e${number}`, { role: 'etcd', internalAddress: `192.0.2.3${number}` }),
    )
    const external = aCluster({
      etcd: { topology: 'external', endpoints: [] },
      hosts: [aHost('cp1'), ...etcd],
    })
    const named = (host: string) =>
      external.hosts
        .filter(({ name }) => name === host)
        .flatMap((from) => connectionsFrom(external, from).map(({ to, port }) => `${to.name}:${port.port}`))
    expect(named('cp1')).toEqual(['e1:2379', 'e2:2379'])
    expect(named('e1')).toEqual(['e2:2379', 'e2:2380'])
  })

  it('lead to the endpoint, the package repository and the image registry, too', () => {
    const sources = connectionTargets(cluster, aHost('w1')).map(({ host, port }) => `${host}:${port}`)
    expect(sources.slice(3)).toEqual(['api.prod.lab:6443', 'registry.k8s.io:443', 'pkgs.k8s.io:443'])
  })

  it('stay few with many workers: their number does not grow with the number of hosts', () => {
    const workers = Array.from({ length: 50 }, (_, index) => aHost(`w${index + 1}`))
    const large = aCluster({ hosts: [...cluster.hosts.slice(0, 3), ...workers] })
    expect(connectionsFrom(large, aHost('w1'))).toHaveLength(3)
  })
})

describe('a blocked port', () => {
  it('is reported once, on the host that blocks it, with who was kept out', () => {
    const connections = to('cp2', [2379, 2380], 'timeout')
    expect(told(findingsWith({ cp1: { connections }, cp3: { connections } }))).toEqual([
      'cp2 error ports 2379 (etcd clients), 2380 (etcd peers) cannot be reached from cp1 and cp3: no answer within 3 s',
    ])
  })

  it('comes with a command that opens it if the firewall is known', () => {
    const connections = to('w1', [10250], 'unreachable')
    const findings = findingsWith({ cp1: { connections }, w1: { details: { firewalls: ['firewalld'] } } })
    expect(findings.find(({ code }) => code === 'HOST_PORT_BLOCKED')?.hint).toBe(
      'let them in with `firewall-cmd --permanent --add-port=10250/tcp && firewall-cmd --reload`',
    )
  })

  it('is a warning if only load balancers are blocked, since an apply waits for that', () => {
    const connections = to('cp1', [6443], 'timeout')
    expect(told(findingsWith({ lb1: { connections } }))).toEqual([
      'cp1 warning port 6443 (kube-apiserver) cannot be reached from lb1: no answer within 3 s',
    ])
  })

  it('is blamed on the client if others can connect', () => {
    const connections = {
      ...to('cp1', [6443], 'timeout'),
      ...to('cp2', [6443], 'timeout'),
      ...to('cp3', [6443], 'timeout'),
    }
    expect(told(findingsWith({ w1: { connections } }))).toEqual([
      'w1 error reaches no other host: cp1:6443, cp2:6443 and cp3:6443 (timeout), while others do',
    ])
  })

  it('does not stop an apply between nodes that already run', () => {
    const connections = to('w1', [10250], 'timeout')
    const findings = findingsWith({ cp1: { ...JOINED, connections }, w1: JOINED })
    expect(findings.map(({ severity }) => severity)).toEqual(['warning'])
  })

  it('is detected by a refusal where something listens for everybody', () => {
    const listeners = [{ port: 10250, address: '*', program: 'kubelet' }]
    expect(told(findingsWith({ cp1: JOINED, w1: { ...JOINED, listeners } }))[0]).toMatch(
      /^w1 .*10250 \(kubelet\) cannot be reached from cp1.*refused, though something listens there/,
    )
  })

  it('is not reported for a host that does not answer at all', () => {
    const connections = to('w9', [10250], 'timeout')
    expect(findingsWith({ cp1: { connections } })).toEqual([])
  })
})

describe('a worker given by a name', () => {
  const name = 'w1.example.com'
  const named = aCluster({
    hosts: cluster.hosts.map((host) => (host.name === 'w1' ? { ...host, internalAddress: name } : host)),
  })
  const met = (outcome: Reachability) => ({ connections: { [`${name}:10250`]: outcome } })

  it('need not have one that control planes resolve, as they do not use it', () => {
    const unresolved = met('name-not-resolved')
    expect(findingsWith({ cp1: unresolved, cp2: unresolved, cp3: unresolved }, named)).toEqual([])
  })

  it('is reported if they resolve it and its port is blocked', () => {
    expect(told(findingsWith({ cp1: met('timeout'), cp2: met('name-not-resolved') }, named))).toEqual([
      'w1 error port 10250 (kubelet) cannot be reached from cp1: no answer within 3 s',
    ])
  })
})

describe('an etcd of the user', () => {
  const clientFiles = { caFile: '/ca', certFile: '/cert', keyFile: '/key' }
  const endpoints = ['https://198.51.100.7:2379']
  const foreign = aCluster({ etcd: { topology: 'external', endpoints, clientFiles } })

  it('is tried from control planes only', () => {
    const etcd = { host: '198.51.100.7', port: 2379 }
    expect(connectionTargets(foreign, aHost('cp1'))).toContainEqual(etcd)
    expect(connectionTargets(foreign, aHost('w1'))).not.toContainEqual(etcd)
  })

  it('stops an apply if a control plane cannot reach it', () => {
    const probes = bareProbes(foreign, 'cp1', { '198.51.100.7:2379': 'timeout' })
    const found = preflight(foreign, [{ host: aHost('cp1'), facts: bareFacts('cp1', { probes }) }])
    expect(found.filter(({ code }) => code === 'ETCD_UNREACHABLE')).toMatchObject([
      { host: 'cp1', severity: 'error', message: 'etcd at 198.51.100.7:2379 cannot be reached (timeout)' },
    ])
  })

  it('comes with a hint about names if its name does not resolve', () => {
    const byName = aCluster({
      etcd: { topology: 'external', endpoints: ['https://etcd.example.com:2379'], clientFiles },
    })
    const probes = bareProbes(byName, 'cp1', { 'etcd.example.com:2379': 'name-not-resolved' })
    const found = preflight(byName, [{ host: aHost('cp1'), facts: bareFacts('cp1', { probes }) }])
    expect(found.filter(({ code }) => code === 'ETCD_UNREACHABLE')).toMatchObject([
      {
        message: 'etcd at etcd.example.com:2379 cannot be reached (its name does not resolve on the host)',
        hint: expect.stringMatching(/^add a DNS entry for etcd\.example\.com, /) as string,
      },
    ])
  })
})
