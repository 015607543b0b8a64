/** The packages of a node: containerd, Kubernetes of one version, and what they need; ready to be used. */
import { CNI_FOLDER, REQUIRED_CNI_PLUGINS } from '../../facts/host-details.js'
import { packageManagerFacts } from '../../configuration/package-managers/package-managers.js'
import { nodePackages, versionedPackages, type KubernetesPackage } from '../../configuration/packages.js'
import { versionOf } from '../../cluster/model.js'
import { isQuorateError } from '../../errors/index.js'
import { expectSuccess, script } from '../../ssh/index.js'
import { installPackages, type Installation } from './install.js'
import { placeSigningKey, renewSigningKey } from './signing-key.js'
import type { HostContext } from '../context.js'

/** What became of a host's packages. */
export interface InstalledPackages {
  readonly changed: boolean
  /** What a person should know beyond that. */
  readonly notes: readonly string[]
}

/** Installs what a node needs and lacks, with Kubernetes in the wanted version. */
export async function installKubernetes(context: HostContext): Promise<InstalledPackages> {
  const { cluster } = context
  const sourced = cluster.packages.install && (await addRepository(context))
  const { changed, notes } = await installNodePackages(context)
  const finished = await finishInstallation(context)
  return { changed: sourced || changed || finished, notes }
}

/** What an upgrade does with packages: `fetch` gets them onto the host and changes nothing that is installed. */
interface VersionChange {
  readonly act: 'install' | 'fetch'
  readonly names: readonly KubernetesPackage[]
}

/**
 * Brings packages of Kubernetes to the version that the cluster has for this host, from its minor's repository. Restarts
 * nothing.
 */
export async function changeVersion(
  context: HostContext,
  { act, names }: VersionChange,
): Promise<InstalledPackages> {
  const { cluster, host } = context
  const version = versionOf(cluster, host)
  // Somebody else's preparation cannot be fetched ahead.
  if (act === 'fetch' && !cluster.packages.install) return { changed: false, notes: [] }
  const sourced = cluster.packages.install && (await addRepository(context))
  const installed = await installRenewingKey(context, {
    unit: `${act}-${names.join('-')}-${unitVersion(version)}`,
    packages: versionedPackages(version).filter(({ name }) => names.some((one) => one === name)),
    repository: packageManagerFacts(host).repository(cluster.packages, version).path,
    ...(act === 'fetch' ? { fetchOnly: true } : {}),
  })
  return { ...installed, changed: sourced || installed.changed }
}

/** A version as the name of a unit may have it: `v1-36-3`. */
export function unitVersion(version: string): string {
  return version.replace(/[^a-z0-9]+/g, '-')
}

function installNodePackages(context: HostContext): Promise<InstalledPackages> {
  const { cluster, host } = context
  // A host that is part of the cluster keeps its version: only an upgrade changes versions, in its own order.
  const version = versionOf(cluster, host)
  const manager = packageManagerFacts(host)
  return installRenewingKey(context, {
    unit: 'install-kubernetes',
    packages: cluster.packages.install
      ? nodePackages(version, manager.packageNames)
      : versionedPackages(version),
    repository: manager.repository(cluster.packages, version).path,
  })
}

/** A repository's key may have been renewed since it was fetched: then it is fetched again, once. */
async function installRenewingKey(
  context: HostContext,
  installation: Installation,
): Promise<InstalledPackages> {
  const install = () => installPackages(context, installation)
  try {
    return { changed: await install(), notes: [] }
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'REPOSITORY_KEY_INVALID') throw error
    const note = await renewSigningKey(context, error)
    return { changed: await install(), notes: [note] }
  }
}

async function addRepository(context: HostContext): Promise<boolean> {
  const { session, cluster, host } = context
  const { repository, sourceFile } = packageManagerFacts(host)
  const { sourceFile: content } = repository(cluster.packages, versionOf(cluster, host))
  const keyed = await placeSigningKey(context)
  const sourced = await session.writeFile(sourceFile.path, content, sourceFile)
  return keyed || sourced
}

/** The script's exit status if a plugin is in neither folder. */
const NO_PLUGIN = 67

/** Where Debian's package puts the CNI plugins; containerd and Flannel look only in {@link CNI_FOLDER}. */
const DEBIAN_CNI_FOLDER = '/usr/lib/cni'

// $1: yes where kubelet is to start at boot; the rest: CNI plugins.
const IS_FINISHED = `
[ "$1" != yes ] || systemctl is-enabled --quiet kubelet
shift
for name in "$@"; do [ -e "${CNI_FOLDER}/$name" ] || exit 1; done`
const FINISH = `
if [ "$1" = yes ]; then systemctl enable --quiet kubelet; fi
shift
(umask 022 && mkdir -p ${CNI_FOLDER})
for name in "$@"; do
  if [ -e "${CNI_FOLDER}/$name" ]; then continue; fi
  if [ ! -e "${DEBIAN_CNI_FOLDER}/$name" ]; then echo "$name" >&2; exit ${NO_PLUGIN}; fi
  ln -sf "${DEBIAN_CNI_FOLDER}/$name" "${CNI_FOLDER}/$name"
done`

/** Checked by itself: an attempt that died may have installed everything without getting here. */
async function finishInstallation({ session, cluster, host, error }: HostContext): Promise<boolean> {
  const wanted = [cluster.packages.install ? 'yes' : 'no', ...REQUIRED_CNI_PLUGINS]
  // As root: without a message bus, systemctl answers nobody else.
  const looked = await session.run(script(IS_FINISHED, ...wanted), { root: true })
  if (looked.exitCode === 0) return false
  const finished = await session.run(script(FINISH, ...wanted), { root: true })
  if (finished.exitCode === NO_PLUGIN) {
    const message = `the CNI plugin ${finished.stderr.trim()} is neither in ${CNI_FOLDER} nor in ${DEBIAN_CNI_FOLDER}`
    const hint = 'install kubernetes-cni, or containernetworking-plugins on Debian, on the host'
    throw error('HOST_NOT_PREPARED', message, { step: 'packages', hint })
  }
  expectSuccess(finished, 'enabling kubelet', host)
  return true
}
