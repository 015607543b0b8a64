/** What the hosts themselves say of a first file, which knows only one of them. */
import { bindPortOf } from '../../configuration/kubeadm/api-server.js'
import type { Cluster, Host } from '../../cluster/model.js'
import type { HostFacts } from '../../facts/facts.js'

/** Where the API servers really listen, which a first file does not know. */
export function asSeen(file: Cluster, facts: readonly HostFacts[]): Cluster {
  const { kubernetes } = file
  const { kubeadm } = kubernetes
  const port = observedPort(facts)
  const hosts = file.hosts.map((host) =>
    atOwnAddress(
      host,
      facts.find((one) => one.host === host.name),
    ),
  )
  if (port === undefined || port === bindPortOf(kubeadm.initConfiguration)) return { ...file, hosts }
  const initConfiguration = { ...kubeadm.initConfiguration, localAPIEndpoint: { bindPort: port } }
  return { ...file, hosts, kubernetes: { ...kubernetes, kubeadm: { ...kubeadm, initConfiguration } } }
}

/** The port of the API servers, as a control plane's own manifest says. */
export function observedPort(facts: readonly HostFacts[]): number | undefined {
  return facts.find(({ apiServerPod }) => apiServerPod?.port !== undefined)?.apiServerPod?.port
}

/** A host may be reached at a name, or at an address that only a router in front of it has. */
function atOwnAddress(host: Host, facts: HostFacts | undefined): Host {
  const own = (facts?.details?.addresses ?? []).map(({ address }) => address.split('/')[0] ?? '')
  const [first] = own.filter((address) => !address.includes(':'))
  return first === undefined || own.includes(host.internalAddress)
    ? host
    : { ...host, internalAddress: first }
}
