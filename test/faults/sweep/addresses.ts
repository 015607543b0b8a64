/** Where the hosts of the lanes are: each lane has a subnet of the loopback of its own. */

/** By host. There is every kind of step: init, a join with an etcd member, a worker's join, a balancer. */
export const ADDRESSES: Readonly<Record<string, number>> = { cp1: 11, cp2: 12, w1: 21, lb1: 100 }

/** The control plane endpoint. */
export const ENDPOINT = { name: 'lb1', port: 6443 }

/** What the addresses of a lane's hosts begin with. */
export function subnetOf(lane: number): string {
  return `127.${lane + 20}.0.`
}

/** The addresses of the hosts of as many lanes. */
export function addressesOf(lanes: number): readonly string[] {
  const numbers = Object.values(ADDRESSES)
  return Array.from({ length: lanes }, (_, lane) =>
    numbers.map((number) => `${subnetOf(lane)}${number}`),
  ).flat()
}
