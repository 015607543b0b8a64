/** Checks of what a host has to give: processors, memory, free space, and how fast its disk is. */
import type { HostRole } from '../model.js'
import { finding, hasJoined, perHost, type Check, type PreflightContext, type Severity } from './finding.js'

/** What kubeadm asks of the machine that it initialises; the others it takes as they are. */
const CPUS = 2
const MEMORY_MIB = 1700

/** Free space that a role needs on `/var/lib`, in MiB: images, etcd's data, logs. */
const FREE_SPACE_MIB: Record<HostRole, number> = {
  'control-plane': 4096,
  worker: 3072,
  etcd: 2048,
  'load-balancer': 256,
}

/** etcd's own advice for the 99th percentile of its log's syncs. */
const SYNC_MS = 10

export const processors: Check = perHost(({ host, facts }, context) => {
  if (host.role !== 'control-plane' || facts.cpus >= CPUS || hasJoined(facts)) return []
  const severity = severityFor(context, host.name, 'NumCPU')
  return [finding(severity, 'CPUS_TOO_FEW', host, `kubeadm wants ${CPUS} CPUs, has ${facts.cpus}`)]
})

export const memory: Check = perHost(({ host, facts }, context) => {
  if (host.role === 'load-balancer' || facts.memoryMiB >= MEMORY_MIB || hasJoined(facts)) return []
  const message = `kubeadm wants ${MEMORY_MIB} MiB of memory, has ${facts.memoryMiB}`
  const severity = host.role === 'control-plane' ? severityFor(context, host.name, 'Mem') : 'warning'
  return [finding(severity, 'MEMORY_TOO_SMALL', host, message)]
})

export const freeSpace: Check = perHost(({ host, facts }) => {
  const needed = FREE_SPACE_MIB[host.role]
  if (facts.freeMiB >= needed || hasJoined(facts)) return []
  const message = `/var/lib has ${facts.freeMiB} MiB free, ${needed} MiB are needed`
  const hint =
    'free space or put a larger disk there; `du -xh --max-depth=2 /var/lib | sort -h | tail` shows what takes it'
  return [finding('error', 'DISK_FULL', host, message, hint)]
})

export const diskSpeed: Check = perHost(({ host, facts: { probes } }) => {
  const syncMs = probes?.syncMs
  if (syncMs === undefined || syncMs <= SYNC_MS) return []
  const message = `a synced write to /var/lib takes up to ${syncMs} ms; etcd wants 99 of 100 below ${SYNC_MS} ms`
  return [finding('advice', 'DISK_SLOW', host, message)]
})

/** kubeadm refuses a machine only where it initialises, and not where it was told to ignore the check. */
function severityFor({ cluster, first }: PreflightContext, host: string, check: string): Severity {
  const registration = cluster.kubernetes.kubeadm.initConfiguration['nodeRegistration']
  const ignored = registration as { readonly ignorePreflightErrors?: readonly string[] } | undefined
  const names = (ignored?.ignorePreflightErrors ?? []).map((name) => name.toLowerCase())
  const isIgnored = names.includes(check.toLowerCase()) || names.includes('all')
  return host === first.name && !isIgnored ? 'error' : 'warning'
}
