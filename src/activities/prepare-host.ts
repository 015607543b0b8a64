/**
 * The guide's prerequisites on a host that becomes a node: kernel modules and settings, no swap, containerd,
 * kubeadm, kubelet and kubectl of one version, and the images it will run.
 */
import { ETCD_KUBELET_UNIT } from '../cluster/etcd/kubelet.js'
import { KERNEL_MODULES, MODULES_FILE, SYSCTL_FILE, SYSCTLS } from '../cluster/host-prerequisites.js'
import { QuorateError } from '../errors/index.js'
import { command, script } from '../ssh/index.js'
import { claimHost } from './claim.js'
import { configureContainerd } from './containerd.js'
import { waitForOthers } from './durable.js'
import { kubeadmImages, pullImages } from './images.js'
import { installKubernetes } from './kubernetes-packages.js'
import type { Step, StepResult } from './step.js'

/** Brings the host to where `kubeadm init` or `kubeadm join` can run. */
export async function prepareHost(step: Step): Promise<StepResult> {
  await claimHost(step)
  // What a lost operation still installs here is not missing.
  await waitForOthers(step)
  const changes = [
    ...(await Promise.all([loadKernelModules(step), turnSwapOff(step), installKubernetes(step)])),
    // The bridge's parameters exist only once its module is loaded.
    await setKernelParameters(step),
  ]
  changes.push(await configureContainerd(step))
  // The images of a node are its kubelet's business: it may have removed some, and pulls what it needs.
  if (!(await hasJoined(step))) changes.push(await pullImages(step, await kubeadmImages(step)))
  const { version } = step.cluster.kubernetes
  const changed = changes.includes(true)
  const tools = `containerd, kubeadm, kubelet and kubectl ${version}`
  return { changed, summary: changed ? tools : `${tools} already there` }
}

/** As preflight sees it: the kubelet runs here for the cluster, or for a member of etcd. */
async function hasJoined({ session }: Step): Promise<boolean> {
  const look = script(
    '[ -e /etc/kubernetes/kubelet.conf ] || { [ -e "$1" ] && [ -e /var/lib/etcd/member ]; }',
    ETCD_KUBELET_UNIT,
  )
  return (await session.run(look, { root: true })).exitCode === 0
}

/** A module may be built in or already loaded by the machine around a container: its effect counts, not modprobe. */
async function loadKernelModules({ session, host }: Step): Promise<boolean> {
  const written = await session.writeFile(MODULES_FILE.path, MODULES_FILE.content, MODULES_FILE)
  const load = script(
    'for module in "$@"; do modprobe "$module" 2>/dev/null || true; done',
    ...KERNEL_MODULES,
  )
  const effect = script(
    'grep -qw overlay /proc/filesystems && test -e /proc/sys/net/bridge/bridge-nf-call-iptables',
  )
  if ((await session.run(effect)).exitCode === 0) return written
  await session.run(load, { root: true })
  const { exitCode } = await session.run(effect)
  if (exitCode === 0) return true
  throw new QuorateError(
    'KERNEL_NOT_PREPARED',
    `kernel modules can not be loaded: ${KERNEL_MODULES.join(', ')}`,
    {
      host: host.name,
      step: 'kernel modules',
      hint: 'install the kernel modules package of the running kernel, then apply again',
    },
  )
}

async function setKernelParameters({ session, host }: Step): Promise<boolean> {
  const written = await session.writeFile(SYSCTL_FILE.path, SYSCTL_FILE.content, SYSCTL_FILE)
  const pairs = Object.entries(SYSCTLS).map(([name, value]) => `${name}=${value}`)
  const holds = script(
    'for pair in "$@"; do [ "$(sysctl -n "${pair%%=*}")" = "${pair#*=}" ] || exit 1; done',
    ...pairs,
  )
  if ((await session.run(holds, { root: true })).exitCode === 0) return written
  await session.run(command('sysctl', '-q', '-p', SYSCTL_FILE.path), { root: true })
  const { exitCode, stderr } = await session.run(holds, { root: true })
  if (exitCode === 0) return true
  throw new QuorateError('KERNEL_NOT_PREPARED', `sysctl does not take the settings of ${SYSCTL_FILE.path}`, {
    host: host.name,
    step: 'kernel parameters',
    output: stderr.slice(-2000),
  })
}

/** kubelet refuses to start with swap, unless the cluster file tells it otherwise; then swap is the user's business. */
async function turnSwapOff({ session, cluster, host }: Step): Promise<boolean> {
  if (cluster.kubernetes.kubeadm.kubeletConfiguration['failSwapOn'] === false) return false
  const isOff = script('[ "$(tail -n +2 /proc/swaps | wc -l)" = 0 ]')
  if ((await session.run(isOff)).exitCode === 0) return false
  await session.run(
    script(`swapoff -a; sed -i -E '/^[^#].*[[:space:]]swap[[:space:]]/s/^/# quorate: /' /etc/fstab`),
    {
      root: true,
      timeoutMs: 300_000,
    },
  )
  if ((await session.run(isOff)).exitCode === 0) return true
  throw new QuorateError('KERNEL_NOT_PREPARED', 'swap can not be turned off', {
    host: host.name,
    step: 'swap',
    hint: 'look at /proc/swaps and turn it off by hand, or set failSwapOn: false in kubernetes.kubeadm.kubeletConfiguration',
  })
}
