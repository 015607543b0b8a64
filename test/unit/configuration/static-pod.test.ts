import { describe, expect, it } from 'vitest'
import { commandOf, withManagedParts } from '../../../src/configuration/kubeadm/static-pod.js'

const pod = (command: readonly string[], volumes: readonly string[] = []) => ({
  spec: {
    containers: [
      { image: 'etcd', command, volumeMounts: volumes.map((name) => ({ name, mountPath: `/${name}` })) },
    ],
    volumes: volumes.map((name) => ({ name, hostPath: { path: `/${name}` } })),
  },
})
const parts = (names: readonly string[], volumes: readonly string[] = []) => ({
  arguments: new Set(names),
  volumes: new Set(volumes),
})

describe('a manifest in place and as kubeadm renders it', () => {
  it('takes over the arguments of the file, and keeps those of others', () => {
    const inPlace = pod(['etcd', '--initial-cluster=cp1=a,cp2=b', '--name=cp2', '--own=1'])
    const rendered = pod(['etcd', '--initial-cluster=cp2=b', '--name=cp2', '--quota-backend-bytes=5'])
    const merged = withManagedParts(inPlace, rendered, parts(['quota-backend-bytes']))
    expect(commandOf(merged)).toEqual([
      'etcd',
      '--initial-cluster=cp1=a,cp2=b',
      '--name=cp2',
      '--own=1',
      '--quota-backend-bytes=5',
    ])
  })

  it("gets kubeadm's default back for an argument that the file no longer has", () => {
    const merged = withManagedParts(
      pod(['kube-apiserver', '--authorization-mode=Webhook', '--v=4']),
      pod(['kube-apiserver', '--authorization-mode=Node,RBAC']),
      parts(['authorization-mode', 'v']),
    )
    expect(commandOf(merged)).toEqual(['kube-apiserver', '--authorization-mode=Node,RBAC'])
  })

  it('stays the same object if nothing of the file differs', () => {
    const inPlace = pod(['etcd', '--b=2', '--a=1'], ['data'])
    expect(
      withManagedParts(inPlace, pod(['etcd', '--a=1', '--c=3'], ['data', 'more']), parts(['a'], ['data'])),
    ).toBe(inPlace)
  })

  it('gets and loses volumes by their names', () => {
    const merged = withManagedParts(
      pod(['x'], ['pki', 'old']),
      pod(['x'], ['pki', 'new']),
      parts([], ['old', 'new']),
    )
    expect(merged).toEqual(pod(['x'], ['pki', 'new']))
  })
})
