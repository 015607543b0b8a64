/** The kubelet as a service of its host. */
import { expectSuccess, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import type { HostState } from './state.js'

/** Starts the kubelet if it is not running; on a host where kubeadm got far enough, the kubelet brings up the rest. */
export async function startKubelet({ session }: HostContext): Promise<void> {
  await session.run(script('systemctl is-active --quiet kubelet || systemctl start kubelet'), { root: true })
}

/** Like {@link startKubelet}, for a host that was already looked at; false if the kubelet was running. */
export async function startStoppedKubelet(context: HostContext, state: HostState): Promise<boolean> {
  if (state.has('kubelet-runs')) return false
  await startKubelet(context)
  return true
}

const RESTART = `
systemctl daemon-reload
systemctl reset-failed kubelet 2>/dev/null || true
systemctl restart kubelet`

/**
 * Restarts the kubelet, also one that systemd has given up. It registers its node only when it starts, and tries pods
 * again that keep crashing.
 */
export async function restartKubelet({ session, host, report }: HostContext): Promise<void> {
  report('restarting kubelet')
  const restarted = await session.run(script(RESTART), { root: true, timeoutMs: 90_000 })
  expectSuccess(restarted, 'restarting kubelet', host)
}
