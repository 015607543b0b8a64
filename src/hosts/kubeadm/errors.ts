/** Turns the output of a kubeadm run that failed into an error of ours. */
import type { Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import { lastLines } from '../../ssh/index.js'

/** How a run of kubeadm ended. */
export interface FailedRun {
  readonly exitCode: number
  /** The end of its output, or all of it. */
  readonly output: string
  /** The number of this run in the operation, from 1. */
  readonly ordinal: number
}

/**
 * Reasons that may be gone a moment later. Either kubeadm waited for something that load or the network delayed, or its
 * token was no longer valid (each run has its own).
 */
const MAY_PASS =
  /deadline exceeded|timed out|timeout|connection (?:refused|reset)|\bEOF\b|no route to host|network is unreachable|etcdserver: |currently unable|too many requests|JWS signature|Unauthorized/i

/**
 * An upgrade copies etcd's data while etcd writes: a file of its log that is replaced meanwhile is missing at the end.
 */
const COPY_RACED = /cp: cannot (?:stat|open) '[^']*\/(?:wal|snap)\/[^']*'/

/** kubeadm's final error, beginning with the phase if one failed; older releases do not put `error:` before it. */
const REASON = /^(?:error: )?(?:error execution phase |(?<=error: ))(.*)$/m

/** kubeadm itself waits for minutes; after this many runs in one operation the operator must decide. */
const MAX_RUNS = 3

/**
 * `KUBEADM_PREFLIGHT_FAILED` with each check that failed, `KUBEADM_TIMED_OUT` if another run may succeed,
 * `UNIT_INTERRUPTED` if kubeadm was killed (as the kernel does when memory runs out), else `KUBEADM_FAILED`.
 * @param title what a person calls the command, e.g. `kubeadm join`.
 */
export function kubeadmError(
  host: Host,
  title: string,
  { exitCode, output, ordinal }: FailedRun,
): QuorateError {
  const context = { host: host.name, step: title, output: lastLines(withoutClientLog(output)) }
  const mayPass = (text: string) => ordinal < MAX_RUNS && MAY_PASS.test(text)
  // kubeadm writes one line `[ERROR Name]: …` for each of its preflight checks that failed.
  const checks = [...output.matchAll(/\[ERROR ([A-Za-z0-9-]+)\]: (.*)/g)].map(
    (match) => `${match[1]}: ${match[2]}`,
  )
  if (checks.length > 0) {
    const code = checks.every(mayPass) ? 'KUBEADM_TIMED_OUT' : 'KUBEADM_PREFLIGHT_FAILED'
    return new QuorateError(code, `${title} preflight: ${checks.join('; ')}`, context)
  }
  const killed = exitCode > 128
  const reason = killed
    ? `killed by signal ${exitCode - 128}`
    : (REASON.exec(output)?.[1] ?? 'no reason given')
  if (killed && ordinal < MAX_RUNS) {
    return new QuorateError('UNIT_INTERRUPTED', `${title} was ${reason}`, context)
  }
  const raced = ordinal < MAX_RUNS && COPY_RACED.test(output)
  const code = raced || mayPass(reason) ? 'KUBEADM_TIMED_OUT' : 'KUBEADM_FAILED'
  return new QuorateError(code, `${title} ended with ${exitCode}: ${reason}`, context)
}

/** Drops the lines in which the clients of etcd and the API log every single attempt. */
function withoutClientLog(output: string): string {
  return output
    .split('\n')
    .filter((line) => !/^(?:[IWE]\d{4} |\{"level":)/.test(line))
    .join('\n')
}
