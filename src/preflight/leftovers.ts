/** Checks for leftovers of earlier use on a host's disk that would get in the way of a node. */
import { CONTAINERD_CONFIG_FILE, DROP_IN_CONFIGS } from '../configuration/containerd/config.js'
import { networkPlugin } from '../configuration/pod-network/plugins.js'
import { finding, hasJoined, perHost, runsKubelet, type Check } from './finding.js'

/**
 * containerd takes the first configuration in its folder. Another one that sorts before the plugin's keeps the plugin's
 * from being used. Wherever it sorts, it makes the node Ready, and gives pods its addresses, before the plugin runs.
 */
export const foreignPodNetwork: Check = perHost(({ host, facts }, { cluster }) => {
  const runsPods = host.role === 'control-plane' || host.role === 'worker'
  const { cniConfigFile, title } = networkPlugin(cluster)
  if (!runsPods || cniConfigFile === undefined || hasJoined(facts)) return []
  const foreign = (facts.details?.podNetworks ?? []).filter((path) => path !== cniConfigFile)
  if (foreign.length === 0) return []
  const message = `another pod network is configured in ${foreign.join(', ')}; pods would get its addresses instead of ${title}'s`
  const hint = `${foreign.map((path) => `\`mv ${path} ${path}.off\``).join(', ')}, or remove the program that it belongs to; if the pods are to use it, set network.plugin: none`
  return [finding('error', 'FOREIGN_POD_NETWORK', host, message, hint)]
})

/** The first apply removes what somebody else set in containerd's configuration. */
export const replacedContainerdConfig: Check = perHost(({ host, facts }) => {
  if (!runsKubelet(host) || hasJoined(facts) || facts.details?.foreignContainerdConfig !== true) return []
  const message = `an apply replaces ${CONTAINERD_CONFIG_FILE.path}, which was changed on the host`
  const hint = `put what must stay under containerRuntime.config in the cluster file, or into ${DROP_IN_CONFIGS}, which containerd still reads; keep a copy of the file if you are not sure`
  return [finding('warning', 'CONTAINERD_CONFIG_REPLACED', host, message, hint)]
})
