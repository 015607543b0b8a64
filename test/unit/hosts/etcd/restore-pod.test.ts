import { describe, expect, it } from 'vitest'
import { readPod } from '../../../../src/hosts/etcd/restore/look.js'

const manifest = (...more: readonly string[]) => `apiVersion: v1
kind: Pod
spec:
  containers:
  - name: etcd
    image: registry.k8s.io/etcd:3.6.8-0
    command:
    - etcd
    - --name=cp1
    - --data-dir=/var/lib/etcd
    - --initial-advertise-peer-urls=https://10.0.0.1:2380
${more.map((line) => `    - ${line}\n`).join('')}`

describe("etcd's manifest", () => {
  it('tells the image, and what a restore needs of the member', () => {
    expect(readPod(manifest(), false)).toEqual({
      image: 'registry.k8s.io/etcd:3.6.8-0',
      name: 'cp1',
      peerUrl: 'https://10.0.0.1:2380',
      dataFolder: '/var/lib/etcd',
      isAside: false,
    })
  })

  it('tells of a log in a folder of its own', () => {
    expect(readPod(manifest('--wal-dir=/srv/wal'), true)?.dataFolder).toBe('/var/lib/etcd, /srv/wal')
  })

  it.each(['', 'kind: Pod', '{', '- a'])('says nothing where it is something else: %j', (text) => {
    expect(readPod(text, false)).toBeUndefined()
  })
})
