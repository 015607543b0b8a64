/**
 * The guide's test of the load balancer (`nc -v LOAD_BALANCER_IP PORT`) with the guide's meaning: refused is fine
 * while no API server runs; a timeout means that the balancer can't be reached or can't reach the control plane.
 */
import { apiServerBindPort } from '../cluster/api-server.js'
import { formatEndpoint, type Endpoint, type Host } from '../cluster/model.js'
import { QuorateError, type ErrorCode } from '../errors/index.js'
import { script } from '../ssh/index.js'
import { waitUntil } from './poll.js'
import type { Step, StepResult } from './step.js'

/** How a TCP connection went. */
export type Reachability = 'open' | 'refused' | 'timeout' | 'unreachable' | 'name-not-resolved'

const MEANING: Record<Exclude<Reachability, 'open'>, (target: string) => string> = {
  refused: (target) => `${target} refuses connections`,
  timeout: (target) => `${target} does not answer (timeout)`,
  unreachable: (target) => `there is no route to ${target}`,
  'name-not-resolved': (target) => `the name of ${target} does not resolve`,
}

/** As long as it takes: only the operator knows when the balancer will be there. */
const PATIENCE_MS = 30 * 24 * 3600 * 1000

// Needs only bash, getent and timeout, which every host has. $1 host, $2 port.
const CONNECT = `
getent ahosts "$1" >/dev/null || { echo name-not-resolved; exit 0; }
reason=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) && { echo open; exit 0; }
status=$?
case "$status:$reason" in
  124:*) echo timeout ;;
  *refused*) echo refused ;;
  *"timed out"*) echo timeout ;;
  *) echo unreachable ;;
esac`

/**
 * Waits until the host at the other end passes its part of the test: a balancer must reach the first control plane,
 * every other host must reach the endpoint.
 */
export async function checkLoadBalancer(step: Step, first: Host): Promise<StepResult> {
  const { cluster, host } = step
  const isBalancer = host.role === 'load-balancer'
  const target: Endpoint = isBalancer
    ? { host: first.internalAddress, port: apiServerBindPort(cluster) }
    : cluster.kubernetes.controlPlaneEndpoint
  // A balancer of ours accepts connections as soon as it runs; somebody else's may refuse until a backend lives.
  const refusedIsFine = isBalancer || cluster.loadBalancer.type === 'external'
  let last = 'timeout' as Reachability
  await waitUntil(
    step,
    async () => {
      last = await reach(step, target)
      if (last === 'open' || (last === 'refused' && refusedIsFine)) return undefined
      return MEANING[last](formatEndpoint(target))
    },
    (reason) => {
      const code: ErrorCode =
        last === 'name-not-resolved' ? 'ENDPOINT_NOT_RESOLVED' : 'LOAD_BALANCER_UNREACHABLE'
      return new QuorateError(code, reason, { host: host.name, step: 'load balancer test' })
    },
    { timeoutMs: PATIENCE_MS, intervalMs: 2_000 },
  )
  return {
    changed: false,
    summary: `${formatEndpoint(target)} ${last === 'open' ? 'answers' : 'refuses, as expected'}`,
  }
}

async function reach({ session }: Step, target: Endpoint): Promise<Reachability> {
  const { stdout } = await session.run(script(CONNECT, target.host, String(target.port)))
  return stdout.trim() as Reachability
}
