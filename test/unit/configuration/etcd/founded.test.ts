import { describe, expect, it } from 'vitest'
import { withFoundedEtcd, withFoundedMember } from '../../../../src/configuration/etcd/founded.js'
import { commandOf } from '../../../../src/configuration/kubeadm/static-pod.js'

const EXISTING = { name: 'initial-cluster-state', value: 'existing' }

describe('the record of a cluster whose etcd is founded', () => {
  it('keeps the arguments that it has', () => {
    const given = { name: 'snapshot-count', value: '20000' }
    const record = {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      etcd: { local: { dataDir: '/d', extraArgs: [given] } },
    }
    expect(withFoundedEtcd(record)).toEqual({
      ...record,
      etcd: { local: { dataDir: '/d', extraArgs: [given, EXISTING] } },
    })
  })

  it('has them as a map before v1beta4', () => {
    const record = {
      apiVersion: 'kubeadm.k8s.io/v1beta3',
      etcd: { local: { extraArgs: { 'snapshot-count': '1' } } },
    }
    expect(withFoundedEtcd(record)['etcd']).toEqual({
      local: { extraArgs: { 'snapshot-count': '1', 'initial-cluster-state': 'existing' } },
    })
  })

  it('is the same object where it says so already, and where etcd is elsewhere', () => {
    const records = [
      { etcd: { local: { extraArgs: [EXISTING] } } },
      { etcd: { external: { endpoints: ['https://192.0.2.1:2379'] } } },
    ]
    for (const record of records) expect(withFoundedEtcd(record)).toBe(record)
  })
})

describe('the manifest of a member that founds nothing', () => {
  const pod = (...command: string[]) => ({ spec: { containers: [{ name: 'etcd', command }] } })

  it('has one argument instead of another, and is otherwise the same', () => {
    const before = pod('etcd', '--data-dir=/d', '--initial-cluster-state=new', '--name=cp1')
    expect(commandOf(withFoundedMember(before))).toEqual([
      'etcd',
      '--data-dir=/d',
      '--initial-cluster-state=existing',
      '--name=cp1',
    ])
  })

  it('gets the argument where it had none, as kubeadm leaves it to etcd', () => {
    expect(commandOf(withFoundedMember(pod('etcd', '--name=cp1')))).toEqual([
      'etcd',
      '--initial-cluster-state=existing',
      '--name=cp1',
    ])
  })

  it('is the same object where it is one', () => {
    const founded = pod('etcd', '--initial-cluster-state=existing')
    expect(withFoundedMember(founded)).toBe(founded)
  })
})
