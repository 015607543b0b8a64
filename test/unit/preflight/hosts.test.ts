import { describe, expect, it } from 'vitest'
import type { HostFacts } from '../../../src/facts/facts.js'
import { planApply } from '../../../src/planning/plan.js'
import { aCluster, factsOf } from '../../support/clusters.js'

function problemsWith(changes: Readonly<Record<string, Partial<HostFacts>>>) {
  const cluster = aCluster()
  return planApply(cluster, factsOf(cluster, changes)).problems.map(({ code, host }) => ({ code, host }))
}

describe('preflight', () => {
  it('finds nothing wrong with bare, healthy hosts', () => {
    expect(problemsWith({})).toEqual([])
  })

  it('reports every problem of every host at once', () => {
    const found = problemsWith({
      cp1: { initSystem: 'runit' },
      cp2: { freeMiB: 100 },
      w1: { osId: 'alpine', osName: 'Alpine Linux' },
      lb1: { listeners: [{ port: 6443, program: 'nginx' }] },
    })
    expect(found).toEqual([
      { code: 'SYSTEMD_MISSING', host: 'cp1' },
      { code: 'DISK_FULL', host: 'cp2' },
      { code: 'OPERATING_SYSTEM_UNSUPPORTED', host: 'w1' },
      { code: 'PORT_BUSY', host: 'lb1' },
    ])
  })

  it('accepts a derivative of Debian', () => {
    expect(problemsWith({ w1: { osId: 'linuxmint', osLike: 'ubuntu debian' } })).toEqual([])
  })

  it('detects that two hosts of the file are the same machine', () => {
    expect(problemsWith({ w2: { machineId: 'machine-w1' } })).toEqual([
      { code: 'SAME_MACHINE_TWICE', host: 'w2' },
    ])
  })

  it('blames the one clock that differs, not the majority', () => {
    expect(problemsWith({ w1: { clockOffsetMs: -45_000 } })).toEqual([{ code: 'CLOCK_SKEW', host: 'w1' }])
  })

  it('does not blame the hosts if only the clock of the worker is wrong', () => {
    const all = Object.fromEntries(aCluster().hosts.map(({ name }) => [name, { clockOffsetMs: 3_600_000 }]))
    expect(problemsWith(all)).toEqual([])
  })

  it('tolerates clock differences within the delay of a slow answer', () => {
    expect(problemsWith({ w1: { clockOffsetMs: 32_000, clockUncertaintyMs: 5_000 } })).toEqual([])
  })

  it('accepts haproxy on the load balancer port that it serves', () => {
    expect(problemsWith({ lb1: { listeners: [{ port: 6443, program: 'haproxy' }] } })).toEqual([])
  })

  it('rejects a bare host with a busy Kubernetes port', () => {
    expect(problemsWith({ cp2: { listeners: [{ port: 2379, program: 'etcd' }] } })).toEqual([
      { code: 'PORT_BUSY', host: 'cp2' },
    ])
  })

  it('recognises components of its own unfinished run by the claim on the host', () => {
    const unfinished = { claimedBy: 'prod', listeners: [{ port: 10250, program: 'kubelet' }] }
    expect(problemsWith({ cp2: unfinished })).toEqual([])
  })

  it('rejects a host that another cluster has claimed', () => {
    expect(problemsWith({ w1: { claimedBy: 'staging' } })).toEqual([{ code: 'FOREIGN_CLUSTER', host: 'w1' }])
  })

  it('rejects a host that belongs to another cluster', () => {
    const foreign = { apiServer: 'api.other.example:6443', paths: ['/etc/kubernetes/kubelet.conf'] }
    expect(problemsWith({ w1: foreign })).toEqual([{ code: 'FOREIGN_CLUSTER', host: 'w1' }])
  })

  it('rejects a host of a cluster that the first control plane does not know', () => {
    expect(problemsWith({ w1: { caHash: 'sha256:aa' } })).toEqual([{ code: 'FOREIGN_CLUSTER', host: 'w1' }])
  })

  it('rejects a control plane with a different cluster CA from the first one', () => {
    expect(problemsWith({ cp1: { caHash: 'sha256:aa' }, cp2: { caHash: 'sha256:bb' } })).toEqual([
      { code: 'FOREIGN_CLUSTER', host: 'cp2' },
    ])
  })
})
