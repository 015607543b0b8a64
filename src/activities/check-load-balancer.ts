/**
 * The guide's test of the load balancer (`nc -v LOAD_BALANCER_IP PORT`), interpreted as in the guide. While no API
 * server runs, a refused connection is fine; a timeout means that the balancer cannot be reached or cannot reach the
 * control plane. Once an API server runs, only an API server's answer will do.
 */
import { apiServerBindPort } from '../configuration/kubeadm/api-server.js'
import { balancerHosts, runsBalancer } from '../cluster/balancer-hosts.js'
import { formatEndpoint, type Cluster, type Endpoint, type Host } from '../cluster/model.js'
import { ERRORS, type ErrorCode } from '../errors/index.js'
import { answerOf, reach, type Answer, type Reach } from '../hosts/load-balancer/answer.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/** Why the test does not pass yet; each kind of reason has its own code. */
interface Obstacle {
  readonly code: ErrorCode
  readonly message: string
}

type Meaning = readonly [code: ErrorCode, message: (target: string) => string]

/** What each answer means, other than an API server's. */
const MEANING: Readonly<Record<Exclude<Answer, 'api-server' | 'tls'>, Meaning>> = {
  'name-not-resolved': ['ENDPOINT_NOT_RESOLVED', (target) => `the name of ${target} does not resolve`],
  refused: ['ENDPOINT_REFUSED', (target) => `${target} refuses connections`],
  timeout: ['LOAD_BALANCER_UNREACHABLE', (target) => `${target} does not answer (timeout)`],
  unreachable: ['LOAD_BALANCER_UNREACHABLE', (target) => `there is no route to ${target}`],
  closed: ['LOAD_BALANCER_EMPTY', (target) => `${target} accepts connections and closes them again`],
  silent: ['LOAD_BALANCER_EMPTY', (target) => `${target} accepts connections and then says nothing`],
  'not-tls': ['ENDPOINT_NOT_API_SERVER', (target) => `what answers at ${target} does not speak TLS`],
  'other-certificate': [
    'ENDPOINT_NOT_API_SERVER',
    (target) => `what answers at ${target} shows a certificate that is not an API server's`,
  ],
}

const REFUSES = 'refuses, as expected'

/** Answers that are fine while no API server runs behind the balancer. */
const EXPECTED_BEFORE_INIT: Readonly<Partial<Record<Answer, string>>> = {
  refused: REFUSES,
  closed: 'accepts connections, with no API server behind it yet',
}

/** As long as it takes: only the operator knows when the balancer will be there. */
const PATIENCE_MS = 30 * 24 * 3600 * 1000
const INTERVAL_MS = 1_000

/**
 * Waits until the host at the other end passes its part of the test: a balancer must reach the first control plane,
 * every node must reach the endpoint, and every other control plane must be reached by the balancers.
 */
export async function checkLoadBalancer(context: HostContext, first: Host): Promise<StepOutcome> {
  const { cluster, host } = context
  const isNode = host.role !== 'load-balancer'
  const target = formatEndpoint(isNode ? cluster.kubernetes.controlPlaneEndpoint : apiServer(cluster, first))
  let summary = `${target} answers`
  const look = async (): Promise<Obstacle | undefined> => {
    if (runsBalancer(cluster, host)) {
      const outcome = await reachBackend(context, host, first)
      if (!isOpen(outcome)) return backendObstacle(context, host, first, first, outcome)
      summary = `${target} ${outcome === 'refused' ? REFUSES : 'answers'}`
    }
    const isFurther = host.role === 'control-plane' && host.name !== first.name
    const obstacle = isFurther ? await backendsObstacle(context, first) : undefined
    if (obstacle !== undefined || !isNode) return obstacle
    const answer = await answerOf(context.session, cluster.kubernetes.controlPlaneEndpoint)
    summary = `${target} ${EXPECTED_BEFORE_INIT[answer] ?? 'answers'}`
    return endpointObstacle(context, first, answer)
  }
  await waitWhile(context, look, PATIENCE_MS)
  return { changed: false, summary }
}

/**
 * Waits until the endpoint leads to an API server, as a join needs it.
 * @throws QuorateError with the code of the obstacle when the time is up.
 */
export async function waitForEndpoint(context: HostContext, first: Host): Promise<void> {
  const endpoint = context.cluster.kubernetes.controlPlaneEndpoint
  const look = async () => endpointObstacle(context, first, await answerOf(context.session, endpoint))
  await waitWhile(context, look, context.patience.components)
}

async function waitWhile(
  context: HostContext,
  look: () => Promise<Obstacle | undefined>,
  timeoutMs: number,
): Promise<void> {
  let last: Obstacle = { code: 'LOAD_BALANCER_UNREACHABLE', message: 'the load balancer was not checked' }
  await waitUntil(
    context,
    async () => {
      const obstacle = await look()
      if (obstacle === undefined) return undefined
      last = obstacle
      return `${obstacle.message} (${obstacle.code}): ${ERRORS[obstacle.code].hint}`
    },
    () => context.error(last.code, last.message, { step: 'load balancer test' }),
    { timeoutMs, intervalMs: INTERVAL_MS },
  )
}

async function endpointObstacle(
  context: HostContext,
  first: Host,
  answer: Answer,
): Promise<Obstacle | undefined> {
  const { cluster, session } = context
  if (answer === 'api-server' || answer === 'tls') return undefined
  // Our balancers accept connections as soon as they run; an external one may refuse them until a backend is up.
  const isExpected = answer === 'closed' || (answer === 'refused' && cluster.loadBalancer.type === 'external')
  if (isExpected && (await reach(session, apiServer(cluster, first))) !== 'open') return undefined
  const [code, message] = MEANING[answer]
  return { code, message: message(formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)) }
}

/** The obstacle of the first of our balancers that does not reach the step's control plane. */
async function backendsObstacle(context: HostContext, first: Host): Promise<Obstacle | undefined> {
  const obstacles = await Promise.all(
    balancerHosts(context.cluster).map(async (balancer) => {
      const outcome = await reachBackend(context, balancer, context.host)
      return isOpen(outcome) ? undefined : backendObstacle(context, balancer, context.host, first, outcome)
    }),
  )
  return obstacles.find((obstacle) => obstacle !== undefined)
}

/** Tries to connect from one of our balancers to the control plane's API server. */
async function reachBackend(context: HostContext, balancer: Host, controlPlane: Host): Promise<Reach> {
  const session =
    balancer.name === context.host.name
      ? context.session
      : await context.sessions.session(balancer, context.signal)
  return reach(session, apiServer(context.cluster, controlPlane))
}

async function backendObstacle(
  context: HostContext,
  balancer: Host,
  controlPlane: Host,
  first: Host,
  outcome: NoWay,
): Promise<Obstacle> {
  const reachesFirst =
    controlPlane.name !== first.name && isOpen(await reachBackend(context, balancer, first))
  const though = reachesFirst ? `, though it reaches ${first.name}` : ''
  const target = formatEndpoint(apiServer(context.cluster, controlPlane))
  const message = `${balancer.name} does not reach ${controlPlane.name} at ${target} (${WORDS[outcome]})${though}`
  return { code: 'BACKEND_UNREACHABLE', message }
}

type NoWay = Exclude<Reach, 'open' | 'refused'>

const WORDS: Readonly<Record<NoWay, string>> = {
  timeout: 'timeout',
  unreachable: 'no route',
  'name-not-resolved': 'its name does not resolve',
}

/** A refusal counts as open: it comes from the host itself, so packets get through. */
function isOpen(outcome: Reach): outcome is Exclude<Reach, NoWay> {
  return outcome === 'open' || outcome === 'refused'
}

function apiServer(cluster: Cluster, host: Host): Endpoint {
  return { host: host.internalAddress, port: apiServerBindPort(cluster) }
}
