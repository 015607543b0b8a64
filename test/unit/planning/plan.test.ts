import type { ApplyPhase } from '../../../src/operations/apply-phases.js'
import { describe, expect, it } from 'vitest'
import { planApply } from '../../../src/planning/plan.js'
import { skipRefusal } from '../../../src/planning/skip-rules.js'
import { appliedFacts } from './applied-facts.js'
import { aCluster, aClusterWithEtcdHosts, aHost, bareDetails, factsOf } from '../../support/clusters.js'

const PREPARED = {
  containerd: '1.6.20~ds1-1',
  kubeadm: '1.36.3-1.1',
  kubelet: '1.36.3-1.1',
  kubectl: '1.36.3-1.1',
  'kubernetes-cni': '1.8.0-1.1',
  mount: '2.38.1-5',
  procps: '2:4.0.2-3',
}

describe('the plan of an apply', () => {
  it('initialises the first control plane in the file if all hosts are bare', () => {
    const cluster = aCluster()
    const plan = planApply(cluster, factsOf(cluster))
    expect(plan.initHost.name).toBe('cp1')
    expect(plan.joiningControlPlanes.map((host) => host.name)).toEqual(['cp2', 'cp3'])
  })

  it('never initialises a bare host if another control plane holds the cluster', () => {
    const cluster = aCluster()
    const member = {
      paths: ['/var/lib/etcd/member', '/etc/kubernetes/admin.conf', '/etc/kubernetes/pki/ca.key'],
    }
    expect(planApply(cluster, factsOf(cluster, { cp2: member })).initHost.name).toBe('cp2')
  })

  it('continues on the host where an init has begun', () => {
    const cluster = aCluster()
    expect(
      planApply(cluster, factsOf(cluster, { cp3: { paths: ['/etc/kubernetes/pki/ca.key'] } })).initHost.name,
    ).toBe('cp3')
  })

  it('lets the load balancer send requests to control planes that already serve', () => {
    const cluster = aCluster()
    const serving = { listeners: [{ port: 6443, program: 'kube-apiserver' }] }
    const plan = planApply(cluster, factsOf(cluster, { cp3: serving }))
    expect(plan.serving.map((host) => host.name)).toEqual(['cp1', 'cp3'])
  })

  it('lists the changes of each host', () => {
    const hosts = aCluster().hosts.filter((host) => ['cp1', 'w1', 'lb1'].includes(host.name))
    const cluster = aCluster({ hosts })
    const plan = planApply(cluster, factsOf(cluster, { cp1: appliedFacts(cluster, 'cp1') }))
    expect(plan.changes.map(({ host, phase, action }) => `${host} ${phase}: ${action}`)).toEqual([
      'w1 Prepare hosts: install containerd, kubeadm, kubelet, kubectl, kubernetes-cni, mount, procps, cri-tools, iptables for v1.36.3',
      'w1 Prepare hosts: load overlay, br_netfilter',
      'w1 Prepare hosts: set net.ipv4.ip_forward=1, net.bridge.bridge-nf-call-iptables=1, net.bridge.bridge-nf-call-ip6tables=1',
      'w1 Prepare hosts: write /etc/apt/sources.list.d/quorate-kubernetes.list, /etc/modules-load.d/quorate-kubernetes.conf, /etc/sysctl.d/zz-quorate-kubernetes.conf, /etc/crictl.yaml, /etc/containerd/config.toml',
      'w1 Prepare hosts: fetch the signing key of https://pkgs.k8s.io',
      'w1 Workers: kubeadm join',
      'lb1 Load balancer: install haproxy, serve api.prod.lab:6443',
    ])
  })

  it('has no changes for hosts that match the file', () => {
    const cluster = aCluster()
    const facts = cluster.hosts.map(({ name }) => appliedFacts(cluster, name))
    expect(planApply(cluster, facts).changes).toEqual([])
  })

  it('turns swap off unless the kubelet tolerates it', () => {
    const cluster = aCluster()
    const details = bareDetails('w1', { swapAtBoot: ['/etc/fstab', 'dev-zram0.swap'] })
    const facts = factsOf(cluster, { w1: { swapOn: true, packages: PREPARED, details } })
    const action = 'turn swap off, now and at boot (/etc/fstab, dev-zram0.swap)'
    const swap = { host: 'w1', phase: 'Prepare hosts', action }
    expect(planApply(cluster, facts).changes).toContainEqual(swap)
    const { kubeadm, ...kubernetes } = cluster.kubernetes
    const borne = { ...kubeadm, kubeletConfiguration: { failSwapOn: false } }
    const tolerant = { ...cluster, kubernetes: { ...kubernetes, kubeadm: borne } }
    expect(planApply(tolerant, facts).changes).not.toContainEqual(swap)
  })

  it('keeps swap off after the next boot if it is off only now', () => {
    const cluster = aCluster()
    const details = bareDetails('w1', { swapAtBoot: ['zramswap.service'] })
    const { changes } = planApply(cluster, factsOf(cluster, { w1: { packages: PREPARED, details } }))
    const action = 'turn swap off, at boot (zramswap.service)'
    expect(changes).toContainEqual({ host: 'w1', phase: 'Prepare hosts', action })
  })

  it('lists warnings in one line each', () => {
    const cluster = aCluster()
    const plan = planApply(cluster, factsOf(cluster, { w1: { memoryMiB: 1024 } }))
    expect(plan.warnings).toEqual(['w1: kubeadm needs 1700 MiB of memory, the host has 1024'])
    expect(plan.problems).toEqual([])
  })

  it('installs nothing if packages are only verified', () => {
    const cluster = aCluster({ packages: { install: false, repository: 'https://pkgs.k8s.io' } })
    const plan = planApply(cluster, factsOf(cluster))
    expect(
      plan.changes.filter(({ action }) => action.startsWith('install') && !action.includes('haproxy')),
    ).toEqual([])
    expect(plan.problems.map(({ host, code }) => `${host ?? ''} ${code}`)).toEqual(
      cluster.hosts.map(({ name }) => `${name} HOST_NOT_PREPARED`),
    )
  })
})

describe('the plan of an apply with etcd hosts', () => {
  const cluster = aClusterWithEtcdHosts()
  const KEY = '/etc/kubernetes/pki/etcd/ca.key'

  it('starts a member on each of them and none on control planes', () => {
    const plan = planApply(cluster, factsOf(cluster))
    expect(plan.etcd.map(({ name }) => name)).toEqual(['e1', 'e2', 'e3'])
    const actions = plan.changes.filter(({ phase }) => phase !== 'Prepare hosts')
    expect(actions.map(({ host, phase, action }) => `${host} ${phase}: ${action}`)).toEqual([
      'e1 etcd: start an etcd member',
      "e1 etcd certificates: make etcd's CA and the certificate of the API servers for etcd",
      'e2 etcd: start an etcd member',
      'e3 etcd: start an etcd member',
      'cp1 First control plane: kubeadm init',
      'cp1 Pod network: apply Flannel (vxlan)',
      'cp1 Cluster DNS: move a CoreDNS pod to another node if all of them are on one',
      'cp2 Control planes: kubeadm join as control plane',
      'w1 Workers: kubeadm join',
      'lb1 Load balancer: install haproxy, serve api.prod.lab:6443',
      'lb1 Load balancer backends: send requests to cp2, once joined',
    ])
  })

  it('lets the first one issue certificates, or the one that already has the key', () => {
    expect(planApply(cluster, factsOf(cluster)).etcdAuthority?.name).toBe('e1')
    const facts = factsOf(cluster, { e3: { paths: [KEY] } })
    expect(planApply(cluster, facts).etcdAuthority?.name).toBe('e3')
  })

  it('leaves an etcd that somebody else runs alone', () => {
    const clientFiles = { caFile: '/ca', certFile: '/cert', keyFile: '/key' }
    const foreign = aCluster({
      etcd: { topology: 'external', endpoints: ['https://10.9.9.1:2379'], clientFiles },
    })
    const plan = planApply(foreign, factsOf(foreign))
    expect(plan.etcd).toEqual([])
    expect(plan.etcdAuthority).toBeUndefined()
  })

  it('allows no etcd host to be skipped, since etcd needs every member', () => {
    const plan = planApply(cluster, factsOf(cluster))
    const refusal = (phase: ApplyPhase, host: string) => skipRefusal(plan, phase, host, NOTHING_HAPPENED)
    expect(refusal('prepare-hosts', 'e2')).toMatch(/^etcd is complete only with every member/)
    expect(refusal('etcd', 'e2')).toMatch(/^etcd is complete only with every member/)
    expect(refusal('prepare-hosts', 'w1')).toBeUndefined()
  })
})

const NOTHING_HAPPENED = { hasJoined: () => false, isLeaving: () => false }

const STATE = ['/var/lib/etcd/member', '/etc/kubernetes/kubelet.conf']

describe('skipping a host', () => {
  const cluster = aCluster({
    hosts: ['cp1', 'cp2', 'cp3', 'w1', 'lb1', 'lb2'].map((name) => aHost(name)),
    loadBalancer: { type: 'haproxy', hosts: ['lb1', 'lb2'] },
  })
  const plan = planApply(
    cluster,
    factsOf(cluster, {
      cp1: { paths: STATE, listeners: [{ port: 6443, program: 'kube-apiserver' }] },
      cp2: { paths: STATE },
    }),
  )

  it('is refused if its etcd member votes, except in its join, where the member is removed', () => {
    const refusal = (phase: ApplyPhase, host: string, joined: readonly string[] = []) =>
      skipRefusal(plan, phase, host, { ...NOTHING_HAPPENED, hasJoined: (name) => joined.includes(name) })
    expect(refusal('prepare-hosts', 'cp2')).toMatch(/is a member of etcd/)
    expect(refusal('prepare-hosts', 'cp3')).toBeUndefined()
    expect(refusal('load-balancer-backends', 'cp3', ['cp3'])).toMatch(/is a member of etcd/)
    expect(refusal('control-planes', 'cp2')).toBeUndefined()
  })

  it('is refused for a load balancer only if no other one is left', () => {
    const refusal = (leaving: readonly string[]) =>
      skipRefusal(plan, 'load-balancer-backends', 'lb2', {
        ...NOTHING_HAPPENED,
        isLeaving: (name) => leaving.includes(name),
      })
    expect(refusal([])).toBeUndefined()
    expect(refusal(['lb1'])).toMatch(/nothing answers at the control plane endpoint/)
  })
})
