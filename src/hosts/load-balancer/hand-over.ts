/** A balancer gives the virtual address up to another one, before it leaves. */
import { virtualAddressOf } from '../../cluster/balancer-hosts.js'
import { formatEndpoint, type VirtualAddress } from '../../cluster/model.js'
import { expectSuccess, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import { answerOf } from './answer.js'

/** Well above the 3 s after which another balancer takes an address whose balancer is silent. */
const HAND_OVER_MS = 30_000

// Exits with 3 if keepalived neither runs nor starts at boot.
const STOP = `
if ! systemctl is-active --quiet keepalived && ! systemctl is-enabled --quiet keepalived 2>/dev/null; then exit 3; fi
systemctl disable --quiet --now keepalived`

const NOTHING_TO_STOP = 3

/**
 * Stops the host's keepalived, and waits until the address is on another balancer and leads to an API server. If it does
 * not, keepalived starts again.
 * @returns false if there is no shared address, or keepalived had been stopped before.
 * @throws QuorateError `LOAD_BALANCER_UNREACHABLE` when nobody takes the address over.
 */
export async function handAddressOver(context: HostContext): Promise<boolean> {
  const { cluster, session, host } = context
  const virtualAddress = virtualAddressOf(cluster)
  if (virtualAddress === undefined) return false
  const stopped = await session.run(script(STOP), { root: true, timeoutMs: 60_000 })
  const wasStopped = stopped.exitCode === NOTHING_TO_STOP
  if (!wasStopped) expectSuccess(stopped, 'stopping keepalived', host)
  try {
    await waitUntilTakenOver(context, virtualAddress)
  } catch (error) {
    context.signal.throwIfAborted()
    await session.run(script('systemctl enable --quiet --now keepalived'), { root: true, timeoutMs: 60_000 })
    throw error
  }
  return !wasStopped
}

async function waitUntilTakenOver(context: HostContext, { address }: VirtualAddress): Promise<void> {
  const { session, cluster } = context
  const endpoint = { host: address, port: cluster.kubernetes.controlPlaneEndpoint.port }
  await waitUntil(
    context,
    async () => {
      const own = await session.run(script('ip -o address show to "$1" | grep -q .', address))
      if (own.exitCode === 0) return `${address} is still on this host`
      const answer = await answerOf(session, endpoint)
      const answers = answer === 'api-server' || answer === 'tls'
      return answers ? undefined : `no API server answers at ${formatEndpoint(endpoint)} (${answer})`
    },
    (reason) =>
      context.error('LOAD_BALANCER_UNREACHABLE', reason, {
        step: 'load balancer',
        hint: 'see why no other balancer takes the address (`systemctl status keepalived haproxy` there); keepalived runs here again; then retry',
      }),
    { timeoutMs: HAND_OVER_MS, intervalMs: 1_000 },
  )
}
