/**
 * Stops components of a control plane, and starts them again: their manifests are moved out of the folder that the kubelet
 * reads, and back. The kubelet itself goes on, and so do all other pods.
 */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { expectSuccess, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'
import { startKubelet } from './kubelet.js'
import { runningComponents } from './static-pods.js'

/** Everything that kubeadm runs as static pods with a stacked etcd. */
export const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const

/** Those that need etcd. */
const WITH_ETCD = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const

/** A component of a control plane. */
export type ControlPlaneComponent = (typeof CONTROL_PLANE)[number]

const STEP = 'control plane'

// $1: from, $2: to, then components. Renames within one file system: no manifest is ever half there, or in both.
const MOVE = `
from=$1 to=$2
shift 2
mkdir -p -m 700 -- "$from" "$to"
for name in "$@"; do
  if [ -e "$from/$name.yaml" ]; then mv -f -- "$from/$name.yaml" "$to/$name.yaml"; echo "$name"; fi
done
sync -- "$from" "$to"`

/** What still listens of a control plane; of etcd, only on the ports of the member. */
const LISTENING = `ss -Hltnp | grep -E '"(kube-apiserver|kube-controller|kube-scheduler)"|:(2379|2380)[[:space:]].*"etcd"' || true`

/**
 * Stops every component of the control plane, and proves it: no container of them runs, and none of their ports is open.
 * @returns the components that were stopped by this call.
 * @throws QuorateError `CONTROL_PLANE_RUNS` when one does not end.
 */
export async function setAside(context: HostContext): Promise<readonly string[]> {
  await startKubelet(context)
  const moved: string[] = []
  // An API server without etcd takes all of its grace period to end.
  for (const components of [WITH_ETCD, CONTROL_PLANE]) {
    moved.push(...(await move(context, HOST_PATHS.manifests, HOST_PATHS.manifestsAside, components)))
    await waitForEnd(context, () => runningObstacle(context, components))
  }
  await waitForEnd(context, () => listeningObstacle(context))
  return moved
}

function waitForEnd(context: HostContext, look: () => Promise<string | undefined>): Promise<void> {
  const giveUp = (reason: string) => context.error('CONTROL_PLANE_RUNS', reason, { step: STEP })
  return waitUntil(context, look, giveUp, { timeoutMs: context.patience.components })
}

async function runningObstacle(
  { session }: HostContext,
  components: readonly ControlPlaneComponent[],
): Promise<string | undefined> {
  const running = await runningComponents(session)
  const left = components.filter((name) => running.has(name))
  return left.length === 0 ? undefined : `${left.join(', ')} still ${left.length === 1 ? 'runs' : 'run'}`
}

async function listeningObstacle({ session, host }: HostContext): Promise<string | undefined> {
  const { stdout } = expectSuccess(
    await session.run(script(LISTENING), { root: true }),
    'looking at the ports of the control plane',
    host,
  )
  return stdout.trim() === '' ? undefined : 'a port of the control plane is still open'
}

/**
 * Lets the kubelet start components again.
 * @returns those whose manifests were put back by this call.
 */
export async function bringBack(
  context: HostContext,
  components: readonly ControlPlaneComponent[],
): Promise<readonly string[]> {
  await startKubelet(context)
  return move(context, HOST_PATHS.manifestsAside, HOST_PATHS.manifests, components)
}

async function move(
  { session, host }: HostContext,
  from: string,
  to: string,
  components: readonly string[],
): Promise<readonly string[]> {
  const moved = await session.run(script(MOVE, from, to, ...components), { root: true })
  const { stdout } = expectSuccess(moved, 'moving manifests', host)
  return stdout.split('\n').filter((line) => line !== '')
}
