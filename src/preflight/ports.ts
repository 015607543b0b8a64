/** Checks that the ports of Kubernetes are free on a host, and warns of firewalls that may block them. */
import type { HostFacts } from '../facts/facts.js'
import { requiredPorts } from '../configuration/ports.js'
import type { RequiredPort } from '../configuration/port.js'
import { runsBalancer } from '../cluster/balancer-hosts.js'
import { finding, hasJoined, perHost, type Check } from './finding.js'

/** Nothing else may listen where a component of Kubernetes will. */
export const busyPorts: Check = perHost(({ host, facts }, { cluster }) => {
  if (hasJoined(facts)) return []
  const wanted = requiredPorts(cluster, host).filter(({ protocol }) => protocol === 'tcp')
  const own = runsBalancer(cluster, host) ? 'haproxy' : undefined
  return facts.listeners
    .filter(({ program }) => program !== own && !ownUnderway(facts, program))
    .flatMap(({ port, program }) => {
      const need = wanted.find((one) => one.port === port)
      if (need === undefined) return []
      const holder = program === '' ? 'another program' : program
      const message = `port ${port} is in use by ${holder}; ${need.purpose} needs it`
      const hint = `\`ss -ltnp 'sport = :${port}'\` shows the program; stop it (\`systemctl disable --now …\`), or use another host`
      return [finding('error', 'PORT_BUSY', host, message, hint)]
    })
})

/** Components that an earlier, unfinished run of ours has started; the steps themselves deal with them. */
function ownUnderway(facts: HostFacts, program: string): boolean {
  if (facts.claimedBy === undefined) return false
  return /^(kubelet|etcd|kube-apiserver|kube-controller|kube-scheduler)/.test(program)
}

/** The command that opens ports, by the firewall's service. */
const OPENING: Readonly<Record<string, (ports: readonly string[]) => string>> = {
  ufw: (ports) => ports.map((port) => `ufw allow ${port}`).join(' && '),
  firewalld: (ports) =>
    `firewall-cmd --permanent ${ports.map((port) => `--add-port=${port}`).join(' ')} && firewall-cmd --reload`,
}

/** A firewall on a host that is not a node yet. On a node, the ports have already proved to work. */
export const firewalls: Check = perHost(({ host, facts }, { cluster }) => {
  if (hasJoined(facts)) return []
  const ports = requiredPorts(cluster, host).filter(({ clients }) => clients !== 'host')
  return (facts.details?.firewalls ?? []).map((firewall) => {
    const names = ports.map(({ port, protocol }) => `${port}/${protocol}`)
    const message = `${firewall} is active; it must let in ${names.join(', ')}`
    return finding('warning', 'FIREWALL_ACTIVE', host, message, openingCommand([firewall], ports))
  })
})

/** The command that lets the ports in, for the firewalls that are active on the host. */
export function openingCommand(active: readonly string[], ports: readonly RequiredPort[]): string {
  const names = ports.map(({ port, protocol }) => `${port}/${protocol}`)
  const commands = active.flatMap((firewall) => OPENING[firewall]?.(names) ?? [])
  return commands.length > 0
    ? `let them in with \`${commands.join(' && ')}\``
    : `let ${names.join(', ')} through on the host (\`nft list ruleset\`, \`iptables -S\`) and on the firewalls and security groups between them`
}
