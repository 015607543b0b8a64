/** Hosts behind real sshds that keep the state of Quorate in a folder each. Any process can log in to them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../../../src/cluster/model.js'
import { startSshd, type TestSshd } from '../../support/sshd.js'

/** A host whose `/var/lib/quorate` is the folder `state`, whoever asks. */
export interface HostWithState {
  readonly host: Host
  readonly state: string
  stop(): Promise<void>
}

// What a login runs is rewritten before a shell sees it.
const LOGIN = `exec sh -c "$(printf %s "$SSH_ORIGINAL_COMMAND" | sed "s#/var/lib/quorate#$STATE#g")"`

/** Starts a host on which no unit runs. */
export async function startHostWithState(name: string, folder: string): Promise<HostWithState> {
  const state = join(folder, name)
  mkdirSync(state, { recursive: true })
  const programs = join(folder, 'programs')
  mkdirSync(programs, { recursive: true })
  writeFileSync(join(programs, 'systemctl'), '#!/bin/sh\n', { mode: 0o755 })
  const login = join(folder, 'login')
  writeFileSync(login, LOGIN)
  const sshd: TestSshd = await startSshd({
    config: [`ForceCommand sh ${login}`],
    path: [programs],
    environment: { STATE: state },
  })
  return { host: sshd.host({}, name), state, stop: () => sshd.stop() }
}

/** The private key that such a host lets in. */
export function identityOf({ host }: HostWithState): string {
  return join(host.ssh.knownHostsFile, '..', 'id_ed25519')
}

/** What a cluster file says besides its hosts, as YAML. */
interface MoreOfFile {
  /** Further fields of each host's `ssh`. */
  readonly ssh?: string
  /** A line of `spec`. */
  readonly spec?: string
  /** Further hosts. */
  readonly hosts?: readonly string[]
  /** The known_hosts file of all hosts; each has its own unless given. */
  readonly knownHosts?: string
}

/** The cluster file of these hosts: `cp1` is the control plane, others are workers. */
export function clusterFileOf(hosts: readonly HostWithState[], more: MoreOfFile = {}): string {
  const lines = hosts.map((one, index) => {
    const { name, ssh } = one.host
    const role = name === 'cp1' ? 'control-plane' : 'worker'
    const known = more.knownHosts ?? ssh.knownHostsFile
    const own = [`port: ${ssh.port}`, `knownHostsFile: ${known}`, `identityFile: ${identityOf(one)}`]
    const login = [...own, ...(more.ssh === undefined ? [] : [more.ssh])].join(', ')
    return `- { name: ${name}, role: ${role}, address: 127.0.0.1, internalAddress: 192.0.2.${index + 1}, ssh: { ${login} } }`
  })
  return `apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: prod }
spec:
  kubernetes: { version: v1.36.3, controlPlaneEndpoint: 'api.prod.lab:6443' }
  loadBalancer: { type: external }
  ssh: { user: ${userInfo().username} }
  ${more.spec ?? ''}
  hosts:
    ${[...lines, ...(more.hosts ?? [])].join('\n    ')}
`
}
