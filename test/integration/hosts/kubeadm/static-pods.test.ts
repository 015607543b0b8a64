import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdctl } from '../../../../src/hosts/etcd/members.js'
import { runningComponents } from '../../../../src/hosts/kubeadm/static-pods.js'
import type { Session } from '../../../../src/ssh/session.js'
import { aHost } from '../../../support/clusters.js'
import { localSession } from '../../../support/local-session.js'
import { scriptedSession } from '../../../support/scripted-session.js'

// Containers as `crictl ps` lists them, the newest first: id, name, namespace, pod.
const CONTAINERS = `user etcd tenant-a vcluster-0
other etcd kube-system etcd-backup
own etcd kube-system etcd-cp1`

const CRICTL = `#!/bin/sh
# crictl ps with --label and --name; crictl exec tells where it went.
if [ "$1" = exec ]; then echo "asked $2"; exit; fi
shift
name=. namespace=. pod=.
while [ $# -gt 0 ]; do
  case $1 in
    --label)
      case $2 in
        io.kubernetes.pod.namespace=*) namespace=^\${2#*=}$ ;;
        io.kubernetes.container.name=*) name=^\${2#*=}$ ;;
        io.kubernetes.pod.name=*) pod=^\${2#*=}$ ;;
      esac
      shift ;;
    --name) name=$2; shift ;;
    --state) shift ;;
  esac
  shift
done
awk -v name="$name" -v namespace="$namespace" -v pod="$pod" \\
  '$2 ~ name && $3 ~ namespace && $4 ~ pod { print $1 }' "\${0%/*}/containers"
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-crictl-'))
  writeFileSync(join(folder, 'crictl'), CRICTL, { mode: 0o755 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const on = (host: string, containers: string): Session => {
  writeFileSync(join(folder, 'containers'), containers)
  const environment = { PATH: `${folder}:${process.env['PATH'] ?? ''}` }
  return { ...localSession({ environment }), host: aHost(host) }
}

describe('etcdctl runs in', () => {
  it("the member's own container, however many others are called etcd", async () => {
    expect((await etcdctl(on('cp1', CONTAINERS), 'member', 'list')).stdout).toBe('asked own\n')
  })

  it('no container of a pod that is not the member', async () => {
    const others = CONTAINERS.split('\n').slice(0, 2).join('\n')
    expect((await etcdctl(on('cp1', others), 'member', 'list')).exitCode).toBe(9)
  })

  it('the member of an etcd host, whose kubelet uses the hostname as its name', async () => {
    const member = 'own etcd kube-system etcd-ip-10-0-0-31'
    expect((await etcdctl(on('e1', member), 'member', 'list')).stdout).toBe('asked own\n')
  })
})

describe('the components of a control plane', () => {
  it('are the static pods of the node, not other containers of the same names', async () => {
    const container = (name: string, namespace: string, pod: string) => ({
      metadata: { name },
      labels: { 'io.kubernetes.pod.namespace': namespace, 'io.kubernetes.pod.name': pod },
    })
    const containers = [
      container('kube-scheduler', 'kube-system', 'kube-scheduler-cp1'),
      container('kube-apiserver', 'tenant-a', 'kube-apiserver-cp1'),
      container('etcd', 'kube-system', 'etcd-backup'),
    ]
    const session = scriptedSession(aHost('cp1'), [['crictl ps', JSON.stringify({ containers })]])
    expect([...(await runningComponents(session))]).toEqual(['kube-scheduler'])
  })
})
