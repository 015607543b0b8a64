/**
 * keepalived's configuration: one address that is always on a working balancer. It speaks VRRP version 3 to the other
 * balancers by unicast, which also works where networks drop multicast. keepalived 2.1 or later.
 */
import { HEADER } from '../host-prerequisites.js'
import type { Host, VirtualAddress } from '../../cluster/model.js'

/** Where keepalived's service reads it, and the mode of the file. */
export const KEEPALIVED_CONFIG_FILE = { path: '/etc/keepalived/keepalived.conf', mode: 0o644 } as const

/** What one balancer's configuration depends on. */
export interface KeepalivedFacts {
  readonly virtualAddress: VirtualAddress
  /** The balancer itself. */
  readonly host: Host
  /** The other balancers, including those that are away. */
  readonly peers: readonly Pick<Host, 'internalAddress'>[]
  /** The network interface that gets the address. */
  readonly interface: string
  /** HAProxy's port. */
  readonly port: number
}

/**
 * Seconds between two advertisements. A dead balancer is noticed after three and part of a fourth, 2.9 s. With a
 * shorter interval, a host that is only slow for a moment would be taken for dead.
 */
const ADVERTISEMENT_S = 0.8

/**
 * The same on all balancers, so that none is preferred. The address stays where it is when a balancer comes back,
 * because moving it would only cut connections once more. If two start at once, the higher address wins.
 */
const PRIORITY = 100

/** How much a balancer's priority drops while no API server answers through it. */
const WITHOUT_API = -50

/**
 * The whole configuration file. A balancer whose HAProxy does not run never has the address. A balancer through which
 * no API server answers leaves the address to one through which one does. If there is none (before `kubeadm init`), it
 * keeps the address. This needs preemption: `nopreempt` would leave the address where nothing answers.
 */
export function renderKeepalivedConfig(facts: KeepalivedFacts): string {
  return `${[global(facts), scripts(facts), instance(facts)].join('\n\n')}\n`
}

function global({ host }: KeepalivedFacts): string {
  return `${HEADER}
global_defs {
    router_id ${host.name}
    vrrp_version 3
    script_user nobody
    enable_script_security
}`
}

// The API is queried through HAProxy's own port. It is for clients to verify the answer.
function scripts({ port }: KeepalivedFacts): string {
  return `vrrp_script haproxy {
    script "/usr/bin/systemctl is-active --quiet haproxy"
    interval 1
    timeout 3
    fall 2
    rise 1
}

vrrp_script api {
    script "/usr/bin/curl --silent --fail --insecure --max-time 2 --output /dev/null https://127.0.0.1:${port}/readyz"
    interval 1
    timeout 3
    fall 3
    rise 2
    weight ${WITHOUT_API}
}`
}

// No password: VRRP version 3 no longer has one, because in version 2 anyone on the network could read it.
function instance({ virtualAddress, host, peers, interface: name }: KeepalivedFacts): string {
  const indented = (lines: readonly string[]) => lines.map((line) => `        ${line}`).join('\n')
  const [first] = peers
  return `vrrp_instance kube-apiserver {
    state BACKUP
    interface ${name}
    virtual_router_id ${virtualAddress.routerId}
    priority ${PRIORITY}
    advert_int ${ADVERTISEMENT_S}
    garp_master_delay 1${
      first === undefined
        ? ''
        : `
    unicast_src_ip ${host.internalAddress}
    unicast_peer {
${indented(peers.map((peer) => peer.internalAddress))}
    }`
    }
    virtual_ipaddress {
        ${virtualAddress.address}/${virtualAddress.prefixLength} dev ${name}
    }
    track_script {
        haproxy
        api
    }
}`
}
