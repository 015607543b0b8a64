/** HAProxy on a load balancer host: installed, configured for the control planes that serve, reloaded without a cut. */
import type { Host } from '../cluster/model.js'
import { formatEndpoint } from '../cluster/model.js'
import { HAPROXY_CONFIG_FILE, renderHaproxyConfig } from '../cluster/load-balancer/haproxy.js'
import { QuorateError } from '../errors/index.js'
import { command, expectSuccess, lastLines, script } from '../ssh/index.js'
import { claimHost } from './claim.js'
import { installPackages } from './packages.js'
import { waitUntil } from './poll.js'
import { ensureService } from './service.js'
import type { Step, StepResult } from './step.js'

const CANDIDATE = `${HAPROXY_CONFIG_FILE.path}.quorate`

/** Makes the balancer forward the endpoint's port to these control planes. */
export async function configureLoadBalancer(step: Step, backends: readonly Host[]): Promise<StepResult> {
  const { cluster } = step
  await claimHost(step)
  const installed = await installPackages(step, { unit: 'install-haproxy', packages: [{ name: 'haproxy' }] })
  const configured = await writeConfiguration(step, renderHaproxyConfig(cluster, backends))
  const configuration = HAPROXY_CONFIG_FILE.path
  const loaded = await ensureService(step, { name: 'haproxy', configuration, action: 'reload-or-restart' })
  await waitUntilListening(step)
  const endpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
  return {
    changed: installed || configured || loaded,
    summary: `haproxy, ${endpoint} → ${backends.map((host) => host.name).join(', ')}`,
  }
}

/** A configuration that HAProxy itself rejects never takes the place of one that works. */
async function writeConfiguration(step: Step, text: string): Promise<boolean> {
  const { session, host } = step
  const current = await session.readFile(HAPROXY_CONFIG_FILE.path)
  if (current?.toString() === text) return false
  await session.writeFile(CANDIDATE, text, HAPROXY_CONFIG_FILE)
  const check = await session.run(command('haproxy', '-c', '-f', CANDIDATE), { root: true })
  if (check.exitCode !== 0) {
    throw new QuorateError('SERVICE_NOT_RUNNING', 'haproxy does not accept its configuration', {
      host: host.name,
      step: 'load balancer',
      output: lastLines(check.stderr),
    })
  }
  const replaced = await session.run(command('mv', CANDIDATE, HAPROXY_CONFIG_FILE.path), { root: true })
  expectSuccess(replaced, `replacing ${HAPROXY_CONFIG_FILE.path}`, host)
  return true
}

async function waitUntilListening(step: Step): Promise<void> {
  const { session, host, cluster } = step
  const { port } = cluster.kubernetes.controlPlaneEndpoint
  const listening = script('ss -Hltn "sport = :$1" | grep -q .', String(port))
  await waitUntil(
    step,
    async () =>
      (await session.run(listening)).exitCode === 0
        ? undefined
        : `haproxy does not listen on port ${port} yet`,
    (reason) => new QuorateError('SERVICE_NOT_RUNNING', reason, { host: host.name, step: 'load balancer' }),
    { timeoutMs: 20_000, intervalMs: 200 },
  )
}
