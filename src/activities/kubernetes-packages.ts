/** The package repository of one Kubernetes minor, and the packages of one version from it. */
import { minorName, packageVersion, requireVersion } from '../cluster/versions.js'
import {
  APT_KEYRING_PATH,
  APT_SOURCE_PATH,
  HELD_PACKAGES,
  releaseKeyUrl,
  renderAptSource,
} from '../cluster/packages.js'
import { QuorateError } from '../errors/index.js'
import { command, script } from '../ssh/index.js'
import { installPackages } from './packages.js'
import { lastLines, runDurably } from './durable.js'
import type { Step } from './step.js'

/** Installs containerd, kubeadm, kubelet and kubectl where they are not there in the wanted version. */
export async function installKubernetes(step: Step): Promise<boolean> {
  const { cluster } = step
  const version = packageVersion(requireVersion(cluster.kubernetes.version))
  const sourced = cluster.packages.install && (await addRepository(step))
  const installed = await installPackages(step, {
    unit: 'install-kubernetes',
    packages: [
      { name: 'containerd', alternative: 'containerd.io' },
      ...HELD_PACKAGES.map((name) => ({ name, version, hold: true })),
    ],
  })
  if (installed) await step.session.run(command('systemctl', 'enable', '--quiet', 'kubelet'), { root: true })
  return sourced || installed
}

async function addRepository(step: Step): Promise<boolean> {
  const { session, cluster } = step
  const keyed = await placeSigningKey(step)
  const minor = minorName(requireVersion(cluster.kubernetes.version))
  const source = renderAptSource(cluster.packages.repository, minor)
  const sourced = await session.writeFile(APT_SOURCE_PATH, source, { mode: 0o644 })
  return keyed || sourced
}

/** The key as given in the cluster file, or fetched once from the repository by apt's own downloader. */
async function placeSigningKey(step: Step): Promise<boolean> {
  const { session, cluster, host } = step
  const { signingKey, repository } = cluster.packages
  if (signingKey !== undefined) return session.writeFile(APT_KEYRING_PATH, signingKey, { mode: 0o644 })
  if ((await session.readFile(APT_KEYRING_PATH)) !== undefined) return false
  await installPackages(step, { unit: 'install-ca-certificates', packages: [{ name: 'ca-certificates' }] })
  const url = releaseKeyUrl(repository, minorName(requireVersion(cluster.kubernetes.version)))
  await runDurably(step, {
    unit: 'fetch-signing-key',
    title: `fetch ${url}`,
    command: script(
      'mkdir -p "$(dirname "$2")"; /usr/lib/apt/apt-helper download-file "$1" "$2.new"; chmod 644 "$2.new"; mv "$2.new" "$2"',
      url,
      APT_KEYRING_PATH,
    ),
    failure: (exitCode, output) =>
      new QuorateError('PACKAGES_FAILED', `the signing key ${url} can not be fetched (apt-helper: ${exitCode})`, {
        host: host.name,
        step: 'package repository',
        output: lastLines(output),
      }),
  })
  return true
}
