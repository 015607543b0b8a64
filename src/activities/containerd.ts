/** containerd set up for kubelet: systemd cgroups, kubeadm's sandbox image, the cluster's registries. */
import { CONTAINERD_CONFIG_FILE, renderContainerdConfig } from '../cluster/containerd/config.js'
import { hostsTomlPath, renderHostsToml } from '../cluster/containerd/hosts.js'
import { CONTAINERD_SOCKET } from '../cluster/kubeadm/node-registration.js'
import { sandboxImage } from '../cluster/supported-minors.js'
import { QuorateError } from '../errors/index.js'
import { command } from '../ssh/index.js'
import { runtimeObstacle } from './containers.js'
import { waitUntil } from './poll.js'
import { ensureService } from './service.js'
import type { Step } from './step.js'

const CRICTL_CONFIG = `runtime-endpoint: ${CONTAINERD_SOCKET}\nimage-endpoint: ${CONTAINERD_SOCKET}\ntimeout: 30\n`

/** Writes the configuration and restarts containerd if it runs with another; false when nothing had to be done. */
export async function configureContainerd(step: Step, images: readonly string[]): Promise<boolean> {
  const { session, cluster } = step
  const { version, imageRepository } = cluster.kubernetes
  const pause = images.find((image) => image.includes('/pause:'))
  const config = renderContainerdConfig({
    majorVersion: await containerdMajor(step),
    sandboxImage: pause ?? sandboxImage(version, imageRepository),
    config: cluster.containerRuntime.config,
  })
  const written = [
    await session.writeFile('/etc/crictl.yaml', CRICTL_CONFIG, { mode: 0o644 }),
    await session.writeFile(CONTAINERD_CONFIG_FILE.path, config, CONTAINERD_CONFIG_FILE),
  ]
  for (const mirror of cluster.containerRuntime.registries) {
    // containerd reads these at each pull; no restart is needed for them.
    written.push(await session.writeFile(hostsTomlPath(mirror), renderHostsToml(mirror), { mode: 0o644 }))
  }
  const configuration = CONTAINERD_CONFIG_FILE.path
  written.push(await ensureService(step, { name: 'containerd', configuration, action: 'restart' }))
  await waitForRuntime(step)
  return written.includes(true)
}

async function containerdMajor({ session, host }: Step): Promise<1 | 2> {
  const { stdout } = await session.run(command('containerd', '--version'), { root: true })
  const major = / v?(\d+)\.\d+/.exec(stdout)?.[1]
  if (major === '1') return 1
  if (major === '2') return 2
  throw new QuorateError(
    'HOST_NOT_PREPARED',
    `containerd 1.x or 2.x is needed, found ${stdout.trim() || 'none'}`,
    {
      host: host.name,
      step: 'containerd',
    },
  )
}

async function waitForRuntime(step: Step): Promise<void> {
  await waitUntil(
    step,
    async () => {
      const obstacle = await runtimeObstacle(step.session)
      return obstacle === undefined ? undefined : `containerd does not answer yet: ${obstacle}`
    },
    (reason) => new QuorateError('SERVICE_NOT_RUNNING', reason, { host: step.host.name, step: 'containerd' }),
    { timeoutMs: step.patience.runtime },
  )
}
