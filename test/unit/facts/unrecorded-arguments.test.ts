import { describe, expect, it } from 'vitest'
import { unrecordedArguments } from '../../../src/facts/unrecorded-arguments.js'

const COMMAND = ['kube-apiserver', '--secure-port=6443', '--v=2', '--audit-policy-file=/etc/audit.yaml']

describe('arguments that kubeadm does not know of', () => {
  it('are those that neither kubeadm nor its record gives', () => {
    const lists = { apiServer: { extraArgs: [{ name: 'v', value: '2' }] } }
    const maps = { apiServer: { extraArgs: { v: '2' } } }
    for (const document of [lists, maps]) {
      expect(unrecordedArguments('kube-apiserver', COMMAND, document)).toEqual(['audit-policy-file'])
    }
    expect(unrecordedArguments('kube-apiserver', COMMAND, {})).toEqual(['audit-policy-file', 'v'])
  })

  it('of etcd are compared with etcd.local', () => {
    const document = { etcd: { local: { extraArgs: [{ name: 'heartbeat-interval', value: '200' }] } } }
    const command = ['etcd', '--name=cp1', '--heartbeat-interval=200', '--quota-backend-bytes=8589934592']
    expect(unrecordedArguments('etcd', command, document)).toEqual(['quota-backend-bytes'])
  })

  it('of a component that kubeadm does not run are not judged', () => {
    expect(unrecordedArguments('cloud-controller-manager', ['x', '--cloud-provider=aws'], {})).toEqual([])
  })
})
