import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lookForRemains } from '../../../src/activities/reset/look-for-remains.js'
import { readLosses } from '../../../src/activities/reset/read-losses.js'
import { removePackages } from '../../../src/activities/reset/remove-packages.js'
import { stopHost } from '../../../src/activities/reset/stop-host.js'
import { releaseClaim } from '../../../src/activities/release-claim.js'
import { resetLeavingHost } from '../../../src/activities/reset-leaving-host.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import type { Cluster, HostRole } from '../../../src/cluster/model.js'
import { activity } from '../../support/activity.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../support/clusters.js'
import type { FakePrograms } from '../../support/fake-programs.js'
import { localContext } from '../../support/local-context.js'
import { scriptedPool, type Answers } from '../../support/scripted-session.js'
import { fakeApt } from '../hosts/packages/fake-apt.js'

vi.mock('../../../src/hosts/durable.js', () => import('../../support/local-context.js'))

let programs: FakePrograms
beforeEach(() => {
  programs = fakeApt(mkdtempSync(join(tmpdir(), 'quorate-reset-')), [])
  for (const name of ['nft', 'ip', 'ss', 'crictl', 'iptables-save', 'ip6tables-save']) programs.add(name, '')
  programs.add(
    'systemctl',
    `case "$*" in
      *is-active*|*is-enabled*) [ -e "$here/kubelet.on" ] ;;
      disable*) rm -f "$here/kubelet.on" ;;
    esac`,
  )
  programs.add('kubeadm', 'rm -rf "$here/kubernetes/manifests" "$here/etcd-data/member"')
})
afterEach(() => rmSync(programs.folder, { recursive: true }))

const at = (path: string) => join(programs.folder, path)
function file(path: string, content = 'x'): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
}

function context(cluster: Cluster = aCluster(), role: HostRole = 'control-plane') {
  const local = localContext(programs, cluster)
  return { ...local, host: { ...local.host, role } }
}

const kubeadm = () => programs.calls().filter((call) => call.startsWith('kubeadm'))

describe('stopping a host', () => {
  it('keeps what is stored there', async () => {
    file('kubelet.on')
    file('etcd-data/member/wal')
    expect(await stopHost(context())).toEqual({ changed: true, summary: 'stopped the kubelet service' })
    expect(existsSync(at('etcd-data/member/wal'))).toBe(true)
    expect(await stopHost(context())).toEqual({ changed: false, summary: 'nothing ran' })
  })
})

describe('the reset of a host', () => {
  it('never runs kubeadm where there is only a member of etcd, and leaves nothing all the same', async () => {
    file('kubernetes/manifests/etcd.yaml')
    file('etcd-data/member/wal')
    await resetLeavingHost(context(aClusterWithEtcdHosts(), 'etcd'))
    expect(kubeadm()).toEqual([])
    expect(readdirSync(at('etcd-data'))).toEqual([])
    expect(readdirSync(at('kubernetes'))).toEqual([])
  })

  it('does not let kubeadm look for a member of an etcd that is elsewhere', async () => {
    file('kubernetes/manifests/kube-apiserver.yaml')
    await resetLeavingHost(context(aClusterWithEtcdHosts()))
    expect(kubeadm()).toEqual([expect.stringContaining('--skip-phases remove-etcd-member')])
  })

  it('lets kubeadm do everything where etcd is stacked', async () => {
    file('kubernetes/manifests/etcd.yaml')
    await resetLeavingHost(context())
    expect(kubeadm()).toEqual([expect.not.stringContaining('--skip-phases')])
  })
})

describe('giving a host back', () => {
  beforeEach(() => {
    for (const name of ['cluster', 'journal', 'operations/1/kubeadm-reset.1/output', 'lock', 'lock.last']) {
      file(`state/${name}`)
    }
  })

  it('deletes all that Quorate keeps there, but for the lock and what keeps late commands out', async () => {
    expect(await releaseClaim(context(), true)).toMatchObject({ changed: true })
    expect(readdirSync(at('state')).toSorted()).toEqual(['lock', 'lock.last'])
  })

  it('keeps the journal of a host that has left a running cluster', async () => {
    await releaseClaim(context(), false)
    expect(readdirSync(at('state'))).not.toContain('cluster')
    expect(readdirSync(at('state'))).toContain('journal')
  })
})

describe('the last look', () => {
  it('finds nothing on a bare host', async () => {
    expect(await lookForRemains(context())).toEqual({ changed: false, summary: 'bare', remains: [] })
  })

  it('names what is still there', async () => {
    file('state/cluster', 'prod\n')
    file('cni-state/networks/cbr0/10.244.1.2')
    const { remains } = await lookForRemains(context())
    expect(remains).toEqual([at('cni-state'), 'the claim of the cluster'])
  })
})

describe('removing packages', () => {
  beforeEach(() => {
    for (const name of ['kubeadm', 'kubelet', 'kubectl', 'containerd', 'haproxy', 'curl']) {
      file(`installed/${name}`, '1.0')
    }
    file('apt/sources.list.d/quorate-kubernetes.list')
    file('apt/keyrings/quorate-kubernetes.asc')
  })

  it('takes those of Kubernetes and their repository, and nothing that others may use', async () => {
    const { summary } = await removePackages(context())
    expect(summary).toBe('removed kubeadm, kubelet, kubectl')
    expect(readdirSync(at('installed')).toSorted()).toEqual(['containerd', 'curl', 'haproxy'])
    expect(existsSync(at('apt/sources.list.d/quorate-kubernetes.list'))).toBe(false)
    expect(existsSync(at('apt/keyrings/quorate-kubernetes.asc'))).toBe(false)
  })

  it('takes those of the load balancer where there is one', async () => {
    const local = localContext(programs, aCluster({ loadBalancer: { type: 'haproxy', hosts: ['lb1'] } }))
    const { summary } = await removePackages({ ...local, host: aHost('lb1') })
    expect(summary).toBe('removed haproxy')
  })

  it('changes nothing the second time', async () => {
    await removePackages(context())
    expect(await removePackages(context())).toEqual({ changed: false, summary: 'no packages are there' })
  })

  it('fails if a package is still there afterwards', async () => {
    programs.add('apt-get', 'exit 0')
    await expect(removePackages(context())).rejects.toMatchObject({
      code: 'PACKAGES_FAILED',
      message: 'still installed: kubeadm, kubelet, kubectl',
    })
  })
})

describe('what would be lost with a cluster', () => {
  const list = (...items: readonly object[]) => JSON.stringify({ items })
  const named = (namespace: string, spec: object = {}) => ({ metadata: { name: 'x', namespace }, spec })

  it("is counted, without what is the cluster's own", async () => {
    const answers: Answers = [
      ['/pods', list(named('default'), named('kube-system'), named('kube-flannel'))],
      ['/deployments', list(named('default'), named('kube-system'))],
      ['/statefulsets', list(named('db'))],
      ['/daemonsets', list(named('kube-system'))],
      [
        '/services',
        list(named('default', { type: 'LoadBalancer' }), named('default', { type: 'ClusterIP' })),
      ],
      ['/persistentvolumes', list({ metadata: { name: 'v1' } }, { metadata: { name: 'v2' } })],
    ]
    const losses = await activity(() => onHost(scriptedPool(answers), aCluster(), aHost('cp1'), readLosses))
    expect(losses).toEqual({ pods: 1, workloads: 2, loadBalancers: 1, volumes: 2 })
  })
})
