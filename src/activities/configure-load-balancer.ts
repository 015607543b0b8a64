/**
 * HAProxy on a load balancer host: installed, configured for the serving control planes, reloaded without interruption.
 */
import { balancerPackages, virtualAddressOf } from '../cluster/balancer-hosts.js'
import { haproxyFile } from '../configuration/load-balancer/services.js'
import { formatEndpoint, type Host } from '../cluster/model.js'
import { command, script } from '../ssh/index.js'
import { claimHost } from '../hosts/system/claim.js'
import { configureKeepalived } from '../hosts/load-balancer/keepalived.js'
import { installPackages } from '../hosts/packages/install.js'
import { waitUntil } from '../hosts/wait.js'
import { configureService } from '../hosts/load-balancer/service.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/** Makes the balancer forward the endpoint's port to these control planes. */
export async function configureLoadBalancer(
  context: HostContext,
  backends: readonly Host[],
): Promise<StepOutcome> {
  const { cluster } = context
  await claimHost(context)
  const packages = balancerPackages(cluster).map((name) => ({ name }))
  const installed = await installPackages(context, { unit: 'install-haproxy', packages })
  const configured = await configureService(context, {
    ...haproxyFile(cluster, backends),
    service: 'haproxy',
    check: (path) => command('haproxy', '-c', '-f', path),
  })
  await waitUntilListening(context)
  const virtualAddress = virtualAddressOf(cluster)
  const joined = virtualAddress !== undefined && (await configureKeepalived(context))
  const endpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
  const names = backends.map((host) => host.name).join(', ')
  return {
    changed: installed || configured || joined,
    summary: `${virtualAddress === undefined ? 'haproxy' : `haproxy and keepalived, ${virtualAddress.address}`}, ${endpoint} → ${names}`,
  }
}

async function waitUntilListening(context: HostContext): Promise<void> {
  const { session, cluster } = context
  const { port } = cluster.kubernetes.controlPlaneEndpoint
  const listening = script('ss -Hltn "sport = :$1" | grep -q .', String(port))
  await waitUntil(
    context,
    async () =>
      (await session.run(listening)).exitCode === 0
        ? undefined
        : `haproxy does not listen on port ${port} yet`,
    (reason) => context.error('SERVICE_NOT_RUNNING', reason, { step: 'load balancer' }),
    { timeoutMs: 20_000, intervalMs: 200 },
  )
}
