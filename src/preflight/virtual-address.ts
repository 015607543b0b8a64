/** Checks that the balancers can hold their virtual address: it must belong to a network that each of them is in. */
import { networkContains, parseIpAddress, parseNetwork } from '../values/ip-address.js'
import { runsBalancer, virtualAddressOf } from '../cluster/balancer-hosts.js'
import { finding, perHost, type Check } from './finding.js'

/** Each balancer must be in the network of the address, with the interface that gets the address. */
export const virtualAddress: Check = perHost(({ host, facts: { details } }, { cluster }) => {
  const wanted = virtualAddressOf(cluster)
  if (wanted === undefined || details === undefined || !runsBalancer(cluster, host)) return []
  const own = (text: string): boolean => text.split('/')[0] === host.internalAddress
  const name = wanted.interface ?? details.addresses.find(({ address }) => own(address))?.interface
  const networks = details.addresses
    .filter((one) => one.interface === name && one.address.split('/')[0] !== wanted.address)
    .map(({ address }) => address)
  const address = parseIpAddress(wanted.address)
  const isInside = networks.some((text) => {
    const network = parseNetwork(text)
    return network !== undefined && address !== undefined && networkContains(network, address)
  })
  if (isInside) return []
  const has = networks.length === 0 ? 'has no address' : `is at ${networks.join(', ')}`
  const message = `the virtual address ${wanted.address} is in no network of ${name ?? 'the host'}, which ${has}`
  return [finding('warning', 'VIRTUAL_ADDRESS_ELSEWHERE', host, message)]
})
