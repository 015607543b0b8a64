/**
 * The guide's prerequisites on a host that becomes a node: kernel modules and settings, no swap, containerd,
 * kubeadm, kubelet and kubectl of one version, and the images it will run.
 */
import { HOST_PATHS } from '../cluster/host-paths.js'
import { ETCD_KUBELET_UNIT } from '../configuration/etcd/kubelet.js'
import { script } from '../ssh/index.js'
import { claimHost } from '../hosts/system/claim.js'
import { configureContainerd } from '../hosts/containerd/configure.js'
import { waitForOthers } from '../hosts/durable.js'
import { HAS_ETCD_DATA } from '../hosts/etcd/data.js'
import { kubeadmImages, pullImages } from '../hosts/containerd/images.js'
import { loadKernelModules, setKernelParameters } from '../hosts/system/kernel.js'
import { installKubernetes } from '../hosts/packages/kubernetes.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'
import { turnSwapOff } from '../hosts/system/swap.js'

/** Brings the host to where `kubeadm init` or `kubeadm join` can run. */
export async function prepareHost(context: HostContext): Promise<StepOutcome> {
  const claimed = await claimHost(context)
  if (context.host.preparedByHand === true) {
    return { changed: claimed, summary: claimed ? 'claimed; prepared by hand' : 'prepared by hand' }
  }
  // What a lost operation is still installing here is not missing.
  await waitForOthers(context)
  const [modules, swap, packages] = await Promise.all([
    loadKernelModules(context),
    turnSwapOff(context),
    installKubernetes(context),
  ])
  // The bridge's parameters exist only once its module is loaded.
  const changes = [modules, swap, packages.changed, await setKernelParameters(context)]
  changes.push(await configureContainerd(context))
  // The images of a node are its kubelet's business: it may have removed some, and pulls what it needs.
  if (!(await hasJoined(context))) changes.push(await pullImages(context, await kubeadmImages(context)))
  const { version } = context.cluster.kubernetes
  const changed = changes.includes(true)
  const tools = `containerd, kubeadm, kubelet and kubectl ${version}`
  const summary = [changed ? tools : `${tools} already there`, ...packages.notes].join('; ')
  return { changed, summary }
}

/** The same test as preflight's: whether the kubelet runs here for the cluster, or for an etcd member. */
async function hasJoined({ session }: HostContext): Promise<boolean> {
  const { kubeletConf } = HOST_PATHS
  const look = script(
    `${HAS_ETCD_DATA}[ -e ${kubeletConf} ] || { [ -e ${ETCD_KUBELET_UNIT} ] && has_etcd_data; }`,
  )
  return (await session.run(look, { root: true })).exitCode === 0
}
