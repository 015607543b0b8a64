/**
 * The guide's prerequisites on a host that becomes a node: kernel modules and settings, no swap, containerd,
 * kubeadm, kubelet and kubectl of one version, and the images it will run.
 */
import { ETCD_KUBELET_UNIT } from '../cluster/etcd/kubelet.js'
import {
  FORMER_SYSCTL_FILE,
  KERNEL_MODULES,
  MODULES_FILE,
  SYSCTL_FILE,
  SYSCTLS,
} from '../cluster/host-prerequisites.js'
import { QuorateError } from '../errors/index.js'
import { command, script } from '../ssh/index.js'
import { claimHost } from './claim.js'
import { configureContainerd } from './containerd.js'
import { waitForOthers } from './durable.js'
import { kubeadmImages, pullImages } from './images.js'
import { installKubernetes } from './kubernetes-packages.js'
import type { Step, StepResult } from './step.js'
import { turnSwapOff } from './swap.js'

/** Brings the host to where `kubeadm init` or `kubeadm join` can run. */
export async function prepareHost(step: Step): Promise<StepResult> {
  await claimHost(step)
  // What a lost operation still installs here is not missing.
  await waitForOthers(step)
  const [modules, swap, packages] = await Promise.all([
    loadKernelModules(step),
    turnSwapOff(step),
    installKubernetes(step),
  ])
  // The bridge's parameters exist only once its module is loaded.
  const changes = [modules, swap, packages.changed, await setKernelParameters(step)]
  changes.push(await configureContainerd(step))
  // The images of a node are its kubelet's business: it may have removed some, and pulls what it needs.
  if (!(await hasJoined(step))) changes.push(await pullImages(step, await kubeadmImages(step)))
  const { version } = step.cluster.kubernetes
  const changed = changes.includes(true)
  const tools = `containerd, kubeadm, kubelet and kubectl ${version}`
  const summary = [changed ? tools : `${tools} already there`, ...packages.notes].join('; ')
  return { changed, summary }
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

// The bridge's module is loaded by now: what it has no parameter for, as a kernel without IPv6, needs none.
const HOLD = `for pair in "$@"; do [ "$(sysctl -n "\${pair%%=*}")" = "\${pair#*=}" ] \\
  || ! [ -e "/proc/sys/$(echo "\${pair%%=*}" | tr . /)" ] || exit 1; done`

async function setKernelParameters({ session, host }: Step): Promise<boolean> {
  const written = await session.writeFile(SYSCTL_FILE.path, SYSCTL_FILE.content, SYSCTL_FILE)
  if (written) await session.run(command('rm', '-f', FORMER_SYSCTL_FILE), { root: true })
  const pairs = Object.entries(SYSCTLS).map(([name, value]) => `${name}=${value}`)
  const holds = script(HOLD, ...pairs)
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
