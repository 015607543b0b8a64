/** The facts of hosts after an apply, built from the same tables that the steps write from. */
import { createHash } from 'node:crypto'
import { containerdFiles } from '../../../src/configuration/containerd/files.js'
import type { HostFacts } from '../../../src/facts/facts.js'
import type { HostConfiguration, ServiceState } from '../../../src/facts/host-configuration.js'
import {
  KERNEL_MODULES,
  MODULES_FILE,
  SYSCTL_FILE,
  SYSCTLS,
  type HostFile,
} from '../../../src/configuration/host-prerequisites.js'
import { runsBalancer } from '../../../src/cluster/balancer-hosts.js'
import { haproxyFile } from '../../../src/configuration/load-balancer/services.js'
import { hostsWithRole, type Cluster } from '../../../src/cluster/model.js'
import { apt } from '../../../src/configuration/package-managers/apt.js'
import { KUBERNETES_PACKAGES, nodePackages } from '../../../src/configuration/packages.js'
import { bareFacts } from '../../support/clusters.js'

/** The facts of a host of a finished cluster with stacked etcd, in which all control planes serve. */
export function appliedFacts(cluster: Cluster, name: string, changes: Partial<HostFacts> = {}): HostFacts {
  const host = cluster.hosts.find((one) => one.name === name)
  const isNode = host?.role !== 'load-balancer'
  const isControlPlane = host?.role === 'control-plane'
  const isBalancer = host !== undefined && runsBalancer(cluster, host)
  const kubernetes = `${cluster.kubernetes.version.slice(1)}-1.1`
  const isOfKubernetes = (packageName: string) =>
    (KUBERNETES_PACKAGES as readonly string[]).includes(packageName)
  const installed = nodePackages(cluster.kubernetes.version).map(({ name: one }) => [
    one,
    isOfKubernetes(one) ? kubernetes : '1.6.20~ds1-1',
  ])
  return bareFacts(name, {
    packages: {
      ...(isNode ? (Object.fromEntries(installed) as Record<string, string>) : {}),
      ...(isBalancer ? { haproxy: '2.6.12-1' } : {}),
    },
    paths: [
      ...(isNode ? ['/etc/kubernetes/kubelet.conf', '/var/lib/kubelet/pki/kubelet-client-current.pem'] : []),
      ...(isControlPlane
        ? [
            '/etc/kubernetes/admin.conf',
            '/etc/kubernetes/pki/ca.key',
            '/etc/kubernetes/manifests/kube-apiserver.yaml',
            '/var/lib/etcd/member',
            '/var/lib/quorate/initialised',
          ]
        : []),
    ],
    listeners: isControlPlane ? [{ port: 6443, program: 'kube-apiserver' }] : [],
    configuration: appliedConfiguration(cluster, { isNode, isBalancer }),
    ...changes,
  })
}

function appliedConfiguration(
  cluster: Cluster,
  { isNode, isBalancer }: { readonly isNode: boolean; readonly isBalancer: boolean },
): HostConfiguration {
  const { sourceFile } = apt.repository(cluster.packages, cluster.kubernetes.version)
  const nodeFiles: readonly HostFile[] = [
    MODULES_FILE,
    SYSCTL_FILE,
    { ...apt.sourceFile, content: sourceFile },
    { ...apt.keyFile, content: cluster.packages.signingKey ?? 'fetched' },
    ...containerdFiles(cluster, 1),
  ]
  const balancerFile = haproxyFile(cluster, hostsWithRole(cluster, 'control-plane'))
  const files = [...(isNode ? nodeFiles : []), ...(isBalancer ? [balancerFile] : [])]
  const runs = (file: HostFile | undefined): ServiceState => ({
    active: true,
    enabled: true,
    ...(file === undefined ? {} : { loaded: digestOf(file.content) }),
  })
  const containerd = nodeFiles.find(({ path }) => path === '/etc/containerd/config.toml')
  return {
    files: Object.fromEntries(
      files.map(({ path, mode, content }) => [
        path,
        { mode: `${mode.toString(8)} root:root`, digest: digestOf(content) },
      ]),
    ),
    modules: isNode ? KERNEL_MODULES : [],
    parameters: isNode ? SYSCTLS : {},
    services: {
      ...(isNode ? { kubelet: runs(undefined), containerd: runs(containerd) } : {}),
      ...(isBalancer ? { haproxy: runs(balancerFile) } : {}),
    },
    ...(isNode ? { containerdMajor: 1 } : {}),
  }
}

function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}
