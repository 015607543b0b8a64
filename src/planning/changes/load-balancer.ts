/** What an apply does on a host that runs HAProxy, and keepalived if the balancers share an address. */
import type { HostConfiguration } from '../../facts/host-configuration.js'
import type { HostFile } from '../../configuration/host-prerequisites.js'
import { balancerPackages, runsBalancer, virtualAddressOf } from '../../cluster/balancer-hosts.js'
import { haproxyFile, keepalivedFile } from '../../configuration/load-balancer/services.js'
import { formatEndpoint, hostsWithRole } from '../../cluster/model.js'
import { sha256 } from '../../values/sha256.js'
import { changesOf, type HostChanges, type PlannedHost } from './context.js'
import { fileActions } from './files.js'
import { serviceActions } from './services.js'

const PHASE = 'load-balancer'

const BACKENDS_PHASE = 'load-balancer-backends'

/** Everything that the steps of both phases would change. */
export const balancerChanges: HostChanges = (context) => {
  const { cluster, host, serving } = context
  if (!runsBalancer(cluster, host)) return []
  const joining = hostsWithRole(cluster, 'control-plane').filter(
    ({ name }) => !serving.some((one) => one.name === name),
  )
  const names = joining.map(({ name }) => name).join(', ')
  return [
    ...setUp(context),
    ...changesOf(host, BACKENDS_PHASE, names === '' ? [] : [`send requests to ${names}, once joined`]),
  ]
}

const setUp: HostChanges = (context) => {
  const { cluster, host, facts } = context
  const missing = balancerPackages(cluster).filter((name) => facts.packages[name] === undefined)
  if (missing.length === 0 && facts.configuration !== undefined) {
    return changesOf(host, PHASE, settings(context, facts.configuration))
  }
  if (missing.length === 0) return []
  const virtualAddress = virtualAddressOf(cluster)
  const shared = virtualAddress === undefined ? '' : `, share ${virtualAddress.address}`
  const endpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
  return changesOf(host, PHASE, [`install ${missing.join(', ')}, serve ${endpoint}${shared}`])
}

function settings(context: PlannedHost, configuration: HostConfiguration): readonly string[] {
  const { cluster, host, facts, serving } = context
  const keepalived = keepalivedFile(cluster, host, facts.details?.addresses ?? [])
  return [
    ...service('haproxy', haproxyFile(cluster, serving), configuration),
    ...(keepalived === undefined ? [] : service('keepalived', keepalived, configuration)),
  ]
}

function service(name: string, file: HostFile, { files, services }: HostConfiguration): readonly string[] {
  const wanted = { name, digest: sha256(file.content), takesUp: 'reload' } as const
  return [...fileActions([file], { files }), ...serviceActions(wanted, services[name])]
}
