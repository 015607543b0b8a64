/** Checks that hosts reach the sources of packages and images. An apply tries again, so these are warnings. */
import { endpointOfUrl } from '../facts/host-details.js'
import type { HostFacts } from '../facts/facts.js'
import type { Endpoint } from '../cluster/model.js'
import { KUBERNETES_PACKAGES } from '../configuration/packages.js'
import { finding, hasJoined, perHost, runsKubelet, type Check } from './finding.js'
import { imageRegistry, reached } from './targets.js'

/** For hosts that still need packages and connect directly rather than through a proxy. */
export const packageRepository: Check = perHost(({ host, facts }, { cluster }) => {
  const { install, repository } = cluster.packages
  const target = endpointOfUrl(repository)
  const complete = KUBERNETES_PACKAGES.every((name) => facts.packages[name] !== undefined)
  if (!install || !runsKubelet(host) || target === undefined || complete) return []
  if (facts.details?.packageProxy === true) return []
  const reason = silence(facts, target)
  if (reason === undefined) return []
  return [
    finding('warning', 'REPOSITORY_UNREACHABLE', host, `the package repository ${repository} ${reason}`),
  ]
})

/** For hosts that have not joined. The others already have the images. */
export const imageSource: Check = perHost(({ host, facts }, { cluster }) => {
  if (!runsKubelet(host) || hasJoined(facts)) return []
  const target = imageRegistry(cluster)
  const reason = silence(facts, target)
  if (reason === undefined) return []
  const message = `the image registry ${target.host}:${target.port} ${reason}`
  return [finding('warning', 'REGISTRY_UNREACHABLE', host, message)]
})

/** What is wrong with the connection. Something must listen there, so a refusal counts. */
function silence(facts: HostFacts, target: Endpoint): string | undefined {
  switch (reached(facts, target)) {
    case undefined:
    case 'open':
      return undefined
    case 'refused':
      return 'refuses connections'
    case 'timeout':
      return 'does not answer within 3 s'
    case 'unreachable':
      return 'cannot be reached (no route)'
    case 'name-not-resolved':
      return 'has a name that does not resolve'
  }
}
