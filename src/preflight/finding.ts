/** What preflight finds, and the input of each check. */
import { QuorateError, type ErrorCode, type ErrorReport } from '../errors/index.js'
import { ETCD_KUBELET_UNIT } from '../configuration/etcd/kubelet.js'
import { hasPath, type HostFacts, type ObservedHost } from '../facts/facts.js'
import type { Cluster, Host } from '../cluster/model.js'
import { defined } from '../values/defined.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

/**
 * `error`: only a person can fix it, and an apply does not start until then. `warning`: an apply starts, and fixes it,
 * waits for it or lives with it. `advice`: it works, and could work better.
 */
export type Severity = 'error' | 'warning' | 'advice'

/** One finding: where, what is wrong (with the actual value and the right one), and what fixes it. */
export interface PreflightFinding extends ErrorReport {
  readonly severity: Severity
}

/** What a check looks at. */
export interface PreflightContext {
  readonly cluster: Cluster
  /** The hosts that answered. */
  readonly observed: readonly ObservedHost[]
  /** The control plane that is, or will be, initialised. */
  readonly first: Host
}

/** A check of a prerequisite; pure. */
export type Check = (context: PreflightContext) => readonly PreflightFinding[]

/** Makes a finding. Without a hint, the code's own is used. Without a host, it is about all of them. */
export function finding(
  severity: Severity,
  code: ErrorCode,
  host: Host | undefined,
  message: string,
  hint?: string,
): PreflightFinding {
  const error = new QuorateError(code, message, {
    ...defined({ host: host?.name, hint }),
  })
  return { severity, ...error.report() }
}

/** A check that looks at each host by itself. */
export function perHost(
  check: (entry: ObservedHost, context: PreflightContext) => readonly PreflightFinding[],
): Check {
  return (context) => context.observed.flatMap((entry) => check(entry, context))
}

/** Whether the host is already a node or an etcd member. The requirements for becoming one no longer matter. */
export function hasJoined(facts: HostFacts): boolean {
  return (
    hasPath(facts, HOST_PATHS.kubeletConf) ||
    (hasPath(facts, ETCD_KUBELET_UNIT) && hasPath(facts, HOST_PATHS.etcdMember))
  )
}

/** Whether the host runs, or will run, a kubelet. */
export function runsKubelet(host: Host): boolean {
  return host.role !== 'load-balancer'
}

/** `cp1`, `cp1 and cp2`, `cp1, cp2 and 3 more`. */
export function listNames(names: readonly string[]): string {
  const LISTED = 4
  const shown = names.slice(0, LISTED)
  const more = names.length - shown.length
  const words = more > 0 ? [...shown, `${more} more`] : shown
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
