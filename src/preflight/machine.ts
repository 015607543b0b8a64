/** Checks of what kind of machine a host is: its init system, its distribution, its kernel. */
import { SYSCTLS } from '../configuration/host-prerequisites.js'
import { systemPackageManager } from '../configuration/package-managers/package-managers.js'
import { keepsSwap } from '../facts/swap.js'
import { parseVersion } from '../cluster/versions.js'
import { finding, hasJoined, perHost, runsKubelet, type Check } from './finding.js'

/** From this minor on kubelet refuses to start on cgroup v1, unless it is told otherwise. */
const CGROUP_V1_REFUSED_FROM = 35

/** Machine names of `uname -m` that Kubernetes is published for. */
const ARCHITECTURES = ['x86_64', 'aarch64', 'ppc64le', 's390x']

/** kubelet is a service of systemd, and so are the long steps. */
export const initSystem: Check = perHost(({ host, facts }) => {
  if (facts.initSystem === 'systemd') return []
  const message = `process 1 is ${facts.initSystem || 'unknown'}, not systemd`
  return [finding('error', 'SYSTEMD_MISSING', host, message)]
})

/** A package manager that Quorate knows, and that was tried, installs the packages. */
export const distribution: Check = perHost(({ host, facts }, { cluster }) => {
  const manager = systemPackageManager(facts)
  if (!cluster.packages.install || (manager !== undefined && manager.untried === undefined)) return []
  const reason = manager?.untried === undefined ? '' : `: ${manager.untried}`
  const message = `packages cannot be installed on ${facts.osName || 'an unknown system'}${reason}`
  return [finding('error', 'OPERATING_SYSTEM_UNSUPPORTED', host, message)]
})

export const architecture: Check = perHost(({ host, facts }) => {
  if (!runsKubelet(host) || ARCHITECTURES.includes(facts.architecture)) return []
  const message = `the processor is ${facts.architecture || 'unknown'}; there is no Kubernetes for it`
  return [finding('error', 'ARCHITECTURE_UNSUPPORTED', host, message)]
})

export const cgroups: Check = perHost(({ host, facts }, { cluster }) => {
  if (!runsKubelet(host) || facts.cgroupVersion === 2) return []
  const { version, kubeadm } = cluster.kubernetes
  if (kubeadm.kubeletConfiguration['failCgroupV1'] === false) return []
  const minor = parseVersion(version)?.minor
  const refused = minor !== undefined && minor >= CGROUP_V1_REFUSED_FROM && !hasJoined(facts)
  const message = refused
    ? `the machine runs cgroup v1; the kubelet of ${version} needs v2`
    : 'the machine runs cgroup v1, which the kubelet no longer supports from 1.35 on'
  return [finding(refused ? 'error' : 'advice', 'CGROUP_V1', host, message)]
})

export const swap: Check = perHost(({ host, facts }, { cluster }) => {
  const sources = facts.details?.swapAtBoot ?? []
  if (!runsKubelet(host) || keepsSwap(cluster) || (!facts.swapOn && sources.length === 0)) return []
  const atBoot = sources.length === 0 ? '' : `, turned on at boot by ${sources.join(', ')}`
  const state = facts.swapOn ? `swap is on${atBoot}` : `swap is off${atBoot.replace(',', ' now, but')}`
  return [
    finding('warning', 'SWAP_ON', host, `${state}, and the kubelet needs it off; an apply turns it off`),
  ]
})

export const kernelModules: Check = perHost(({ host, facts: { details } }) =>
  !runsKubelet(host) || details === undefined
    ? []
    : details.missingModules.map((module) =>
        finding(
          'error',
          'KERNEL_MODULE_MISSING',
          host,
          `the kernel ${details.kernel} has no module ${module}; it must be loaded or loadable`,
        ),
      ),
)

export const kernelParameters: Check = perHost(({ host, facts: { details } }) =>
  !runsKubelet(host) || details === undefined
    ? []
    : Object.entries(SYSCTLS)
        .filter(([name, value]) => details.fixedParameters.includes(`${name}=${value}`))
        .map(([name, value]) =>
          finding(
            'error',
            'KERNEL_PARAMETER_FIXED',
            host,
            `${name} is not ${value} and cannot be set (/proc/sys is read-only)`,
          ),
        ),
)
