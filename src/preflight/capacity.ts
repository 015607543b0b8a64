/** Checks what a host has to offer: processors, memory, free space, and the speed of its disk. */
import type { HostFacts } from '../facts/facts.js'
import { DATA_FOLDERS, type DataFolder } from '../facts/host-details.js'
import type { HostRole } from '../cluster/model.js'
import { finding, hasJoined, perHost, type Check, type PreflightContext, type Severity } from './finding.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

/** What kubeadm requires of the machine that it initialises. It accepts the others as they are. */
const CPUS = 2
const MEMORY_MIB = 1700

/** Free space that a role needs, in MiB: for packages and our own units, images, volumes and logs, and etcd's data. */
const FREE_SPACE_MIB: Readonly<Record<HostRole, Readonly<Record<string, number>>>> = {
  'control-plane': {
    '/var/lib': 256,
    '/var/lib/containerd': 2304,
    '/var/lib/kubelet': 512,
    [HOST_PATHS.etcdData]: 1024,
  },
  worker: { '/var/lib': 256, '/var/lib/containerd': 2304, '/var/lib/kubelet': 512 },
  etcd: { '/var/lib': 256, '/var/lib/containerd': 640, '/var/lib/kubelet': 128, [HOST_PATHS.etcdData]: 1024 },
  'load-balancer': { '/var/lib': 256 },
}

/** etcd's own advice for the 99th percentile of its log's syncs. */
const SYNC_MS = 10

export const processors: Check = perHost(({ host, facts }, context) => {
  if (host.role !== 'control-plane' || facts.cpus >= CPUS || hasJoined(facts)) return []
  const severity = severityFor(context, host.name, 'NumCPU')
  return [finding(severity, 'CPUS_TOO_FEW', host, `kubeadm needs ${CPUS} CPUs, the host has ${facts.cpus}`)]
})

export const memory: Check = perHost(({ host, facts }, context) => {
  if (host.role === 'load-balancer' || facts.memoryMiB >= MEMORY_MIB || hasJoined(facts)) return []
  const message = `kubeadm needs ${MEMORY_MIB} MiB of memory, the host has ${facts.memoryMiB}`
  const severity = host.role === 'control-plane' ? severityFor(context, host.name, 'Mem') : 'warning'
  return [finding(severity, 'MEMORY_TOO_SMALL', host, message)]
})

/** Each file system that holds data must have room for all folders that are on it. */
export const freeSpace: Check = perHost(({ host, facts }) => {
  if (hasJoined(facts)) return []
  const demands = FREE_SPACE_MIB[host.role]
  const folders = dataFolders(facts).filter(({ path }) => demands[path] !== undefined)
  const mountPoints = [...new Set(folders.map(({ mountPoint }) => mountPoint))]
  return mountPoints.flatMap((mountPoint) => {
    const together = folders.filter((folder) => folder.mountPoint === mountPoint)
    const needed = together.reduce((sum, { path }) => sum + (demands[path] ?? 0), 0)
    const [first] = together
    if (first === undefined || first.freeMiB >= needed) return []
    const message = `${first.path} has ${first.freeMiB} MiB free, ${needed} MiB are needed`
    const hint = `free space or put a larger disk there; \`du -xh --max-depth=2 ${first.path} | sort -h | tail\` shows what uses it`
    return [finding('error', 'DISK_FULL', host, message, hint)]
  })
})

/** Workers before 0.2 report only `/var/lib`. Then everything is assumed to be there. */
function dataFolders({ details, freeMiB }: HostFacts): readonly DataFolder[] {
  if (details?.dataFolders !== undefined && details.dataFolders.length > 0) return details.dataFolders
  return DATA_FOLDERS.map((path) => ({ path, mountPoint: '', freeMiB }))
}

export const diskSpeed: Check = perHost(({ host, facts: { probes } }) => {
  const syncMs = probes?.syncMs
  if (syncMs === undefined || syncMs <= SYNC_MS) return []
  const message = `a synced write to /var/lib takes up to ${syncMs} ms; etcd needs 99 of 100 below ${SYNC_MS} ms`
  return [finding('advice', 'DISK_SLOW', host, message)]
})

/** kubeadm refuses a machine only if it initialises that machine, and only if it was not told to ignore the check. */
function severityFor({ cluster, first }: PreflightContext, host: string, check: string): Severity {
  const registration = cluster.kubernetes.kubeadm.initConfiguration['nodeRegistration']
  const ignored = registration as { readonly ignorePreflightErrors?: readonly string[] } | undefined
  const names = (ignored?.ignorePreflightErrors ?? []).map((name) => name.toLowerCase())
  const isIgnored = names.includes(check.toLowerCase()) || names.includes('all')
  return host === first.name && !isIgnored ? 'error' : 'warning'
}
