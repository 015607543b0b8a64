/** containerd set up for kubelet: systemd cgroups, kubeadm's sandbox image, the cluster's registries. */
import { leftRegistries } from '../../planning/changes/prepared.js'
import {
  CONTAINERD_CONFIG_FILE,
  REGISTRIES_FOLDER,
  type ContainerdMajor,
} from '../../configuration/containerd/config.js'
import { containerdFiles } from '../../configuration/containerd/files.js'
import { hostsTomlPath } from '../../configuration/containerd/registries.js'
import { containerdMajor } from '../../facts/host-configuration.js'
import { HEADER } from '../../configuration/host-prerequisites.js'
import { script } from '../../ssh/index.js'
import { runtimeObstacle } from './containers.js'
import { waitUntil } from '../wait.js'
import { registriesWithLogin, writeRegistryLogin } from './registry-logins.js'
import { ensureService } from '../system/service.js'
import type { HostContext } from '../context.js'

/** Writes the configuration and restarts containerd if it runs with another; false when nothing had to be done. */
export async function configureContainerd(context: HostContext): Promise<boolean> {
  const { session, cluster } = context
  const { major, registries } = await lookAtContainerd(context)
  const changes: boolean[] = []
  // containerd reads the files of registries at each pull; no restart is needed for them.
  const logins = registriesWithLogin(cluster)
  for (const mirror of logins) changes.push(await writeRegistryLogin(session, mirror))
  const written = new Set(logins.map(hostsTomlPath))
  for (const file of containerdFiles(cluster, major).filter(({ path }) => !written.has(path))) {
    changes.push(await session.writeFile(file.path, file.content, file))
  }
  for (const path of leftRegistries(cluster, registries)) changes.push(await session.removeFile(path))
  const configuration = CONTAINERD_CONFIG_FILE.path
  changes.push(await ensureService(context, { name: 'containerd', configuration, action: 'restart' }))
  await waitForRuntime(context)
  return changes.includes(true)
}

// $1: the folder of registries, $2: the line that marks Quorate's own files.
const LOOK = `
containerd --version || true
grep -lsxF -- "$2" "$1"/*/hosts.toml || true`

/** Which containerd is installed, and the files of the registries that Quorate has configured for it. */
async function lookAtContainerd({ session, error }: HostContext): Promise<{
  readonly major: ContainerdMajor
  readonly registries: readonly string[]
}> {
  const { stdout } = await session.run(script(LOOK, REGISTRIES_FOLDER, HEADER), { root: true })
  const lines = stdout.split('\n')
  const version = lines.find((line) => !line.startsWith('/')) ?? ''
  const major = containerdMajor(version)
  if (major !== undefined) return { major, registries: lines.filter((line) => line.startsWith('/')) }
  throw error('HOST_NOT_PREPARED', `containerd 1.x or 2.x is needed, found ${version.trim() || 'none'}`, {
    step: 'containerd',
  })
}

async function waitForRuntime(context: HostContext): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const obstacle = await runtimeObstacle(context.session)
      return obstacle === undefined ? undefined : `containerd does not answer yet: ${obstacle}`
    },
    (reason) => context.error('SERVICE_NOT_RUNNING', reason, { step: 'containerd' }),
    { timeoutMs: context.patience.runtime },
  )
}
