/** The package repository of one Kubernetes minor, and the packages of one version from it. */
import {
  APT_KEY_FILE,
  APT_SOURCE_FILE,
  aptPlan,
  CONTAINER_RUNTIME_ALTERNATIVES,
  CONTAINER_RUNTIME_PACKAGE,
  KUBERNETES_PACKAGES,
  packagePin,
} from '../cluster/packages.js'
import { versionOf } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { command, expectSuccess, lastLines, script } from '../ssh/index.js'
import { runDurably } from './durable.js'
import { installPackages } from './packages.js'
import type { Step } from './step.js'

/** Installs containerd, kubeadm, kubelet and kubectl where they are not there in the wanted version. */
export async function installKubernetes(step: Step): Promise<boolean> {
  const { cluster } = step
  // A host that is part of the cluster keeps its version: upgrades are made in their order, by an upgrade.
  const version = packagePin(versionOf(cluster, step.host))
  const sourced = cluster.packages.install && (await addRepository(step))
  const installed = await installPackages(step, {
    unit: 'install-kubernetes',
    packages: [
      { name: CONTAINER_RUNTIME_PACKAGE, alternatives: CONTAINER_RUNTIME_ALTERNATIVES },
      ...KUBERNETES_PACKAGES.map((name) => ({ name, version, hold: true })),
    ],
  })
  const enabled = cluster.packages.install && (await enableKubelet(step))
  return sourced || installed || enabled
}

/** Looked at by itself: an attempt that died may have installed the kubelet and not come to this. */
async function enableKubelet({ session, host }: Step): Promise<boolean> {
  const looked = await session.run(command('systemctl', 'is-enabled', '--quiet', 'kubelet'))
  if (looked.exitCode === 0) return false
  const enabled = await session.run(command('systemctl', 'enable', '--quiet', 'kubelet'), { root: true })
  expectSuccess(enabled, 'enabling kubelet', host)
  return true
}

async function addRepository(step: Step): Promise<boolean> {
  const { session, cluster } = step
  const { sourceFile } = aptPlan(cluster.packages, versionOf(cluster, step.host))
  const keyed = await placeSigningKey(step)
  const sourced = await session.writeFile(APT_SOURCE_FILE.path, sourceFile, APT_SOURCE_FILE)
  return keyed || sourced
}

/** The key as given in the cluster file, or fetched once from the repository by apt's own downloader. */
async function placeSigningKey(step: Step): Promise<boolean> {
  const { session, cluster, host } = step
  const { signingKey } = cluster.packages
  if (signingKey !== undefined) return session.writeFile(APT_KEY_FILE.path, signingKey, APT_KEY_FILE)
  if ((await session.readFile(APT_KEY_FILE.path)) !== undefined) return false
  await installPackages(step, { unit: 'install-ca-certificates', packages: [{ name: 'ca-certificates' }] })
  const url = aptPlan(cluster.packages, versionOf(cluster, host)).signingKeyUrl
  await runDurably(step, {
    unit: 'fetch-signing-key',
    title: `fetch ${url}`,
    command: script(FETCH_KEY, url, APT_KEY_FILE.path),
    failure: (exitCode, output) =>
      new QuorateError(
        'PACKAGES_FAILED',
        `the signing key ${url} can not be fetched (apt-helper: ${exitCode})`,
        {
          host: host.name,
          step: 'package repository',
          output: lastLines(output),
        },
      ),
  })
  return true
}

// A bare host has no curl, but apt brings a downloader that uses apt's own proxy settings and CA certificates.
const FETCH_KEY = `
mkdir -p "$(dirname "$2")"
/usr/lib/apt/apt-helper download-file "$1" "$2.new"
chmod 644 "$2.new"
mv "$2.new" "$2"`
