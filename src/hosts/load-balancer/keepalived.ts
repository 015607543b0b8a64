/** keepalived on a load balancer host: keeps the address that clients use on a balancer that works. */
import { parseAddresses } from '../../facts/host-details.js'
import type { InterfaceAddress } from '../../values/ip-address.js'
import { keepalivedFile } from '../../configuration/load-balancer/services.js'
import { command, lastLines, script } from '../../ssh/index.js'
import { LIST_ADDRESSES } from '../facts/script.js'
import { waitUntil } from '../wait.js'
import { configureService } from './service.js'
import type { HostContext } from '../context.js'

/**
 * Makes the balancer take part in keeping the virtual address; `step.cluster` must hold all balancers.
 * @returns whether anything was changed.
 * @throws QuorateError `SERVICE_NOT_RUNNING`, `INTERFACE_NOT_FOUND`.
 */
export async function configureKeepalived(context: HostContext): Promise<boolean> {
  const { cluster, host } = context
  const file = keepalivedFile(cluster, host, await addresses(context))
  if (file === undefined) {
    throw context.error('INTERFACE_NOT_FOUND', `no network interface has ${host.internalAddress}`, {
      step: 'load balancer',
    })
  }
  const changed = await configureService(context, {
    ...file,
    service: 'keepalived',
    check: (path) => script(CONFIGURATION_TEST, path),
  })
  await waitUntilRunning(context)
  return changed
}

// The test kills itself with a signal if scripts run as an unprivileged user (seen in 2.2.7), so it gets a copy in
// which they run as root.
const CONFIGURATION_TEST = `
trap 'rm -f "$1.test"' EXIT
sed 's/^ *script_user .*/script_user root/' "$1" >"$1.test"
keepalived --config-test --log-console --use-file "$1.test"`

async function addresses({ session }: HostContext): Promise<readonly InterfaceAddress[]> {
  const { stdout } = await session.run(script(LIST_ADDRESSES))
  return parseAddresses(stdout.split('\n').filter((line) => line !== ''))
}

// keepalived exits at once if it cannot take part, for example because the interface is missing.
async function waitUntilRunning(context: HostContext): Promise<void> {
  const { session } = context
  const look = async (): Promise<string | undefined> => {
    const active = await session.run(command('systemctl', 'is-active', '--quiet', 'keepalived'))
    return active.exitCode === 0 ? undefined : 'keepalived does not run'
  }
  const said = async (): Promise<string> => {
    const log = command(
      'journalctl',
      '--unit',
      'keepalived',
      '--lines',
      '10',
      '--output',
      'cat',
      '--no-pager',
    )
    return lastLines((await session.run(log, { root: true })).stdout)
  }
  let output = ''
  await waitUntil(
    context,
    async () => {
      const reason = await look()
      if (reason !== undefined) output = await said()
      return reason
    },
    (reason) => context.error('SERVICE_NOT_RUNNING', reason, { step: 'load balancer', output }),
    { timeoutMs: 10_000, intervalMs: 200 },
  )
}
