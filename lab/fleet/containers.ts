/** Starts the containers of a fleet: its network, the mirror and the hosts. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { aptRoot } from '../builds/repositories.js'
import { registryRoot } from '../builds/registry-storage.js'
import { docker, FLEET_LABEL, HOST_LABEL, networkSubnets } from '../docker.js'
import { installation } from './feature.js'
import type { FleetRecord } from './folder.js'
import {
  apiAddress,
  gatewayAddress,
  hostsOf,
  mirrorAddress,
  zoneOf,
  type FleetHost,
  type FleetNetwork,
} from './shape.js'
import { freeSubnet, routedSubnets } from './subnet.js'

/**
 * `--privileged` fails where the machine itself lacks CAP_SYS_RESOURCE, so every other capability is named: all that
 * Docker 20.10 knows.
 */
const CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
]

/** Folders that can not lie on the container's own file system (overlay on overlay), or are written a lot. */
const VOLUMES = ['/var/lib/containerd', '/var/lib/kubelet', '/var/lib/etcd']

/** Name of a fleet's network. */
export function networkName(fleet: string): string {
  return `quorate-${fleet}`
}

/** Name of a host's container. */
export function containerName(fleet: string, host: string): string {
  return `quorate-${fleet}-${host}`
}

/** How often another subnet is tried when somebody else takes the chosen one at the same moment. */
const SUBNET_TRIES = 5

/** Makes the fleet's network in a free subnet. Nothing gets out of it. */
export async function createNetwork(fleet: string): Promise<FleetNetwork> {
  const taken: string[] = []
  for (let attempt = 1; ; attempt++) {
    const routes = existsSync('/proc/net/route') ? await readFile('/proc/net/route', 'utf8') : ''
    const subnet = freeSubnet([...(await networkSubnets()), ...routedSubnets(routes), ...taken])
    const result = await docker(
      [
        'network',
        'create',
        '--internal',
        '--subnet',
        `${subnet}.0/24`,
        '--gateway',
        gatewayAddress({ subnet }),
        '--label',
        `${FLEET_LABEL}=${fleet}`,
        networkName(fleet),
      ],
      { allowFailure: true },
    )
    if (result.status === 0) return { subnet }
    if (attempt === SUBNET_TRIES || !result.stderr.includes('overlap')) throw new Error(result.stderr.trim())
    taken.push(`${subnet}.0/24`)
  }
}

/** Starts the mirror, which serves what the cache holds to this fleet under its own names. */
export async function startMirror(record: FleetRecord, image: string): Promise<void> {
  const fleet = record.shape.name
  const zone = zoneOf(fleet)
  const hosts = hostsOf(record.shape, record.network)
  const names = [
    ...hosts.map(({ name, address }) => `--host-record=${name}.${zone},${address}`),
    `--host-record=api.${zone},${apiAddress(record.shape, record.network)}`,
    `--host-record=mirror.${zone},${mirrorAddress(record.network)}`,
  ]
  await docker([
    'run',
    '--detach',
    ...place(fleet, 'mirror', mirrorAddress(record.network)),
    '--mount',
    `type=bind,source=${aptRoot()},destination=/srv/apt,readonly`,
    '--mount',
    `type=bind,source=${registryRoot()},destination=/srv/registry,readonly`,
    image,
    ...names,
  ])
}

/** What a host is given when it starts for the first time. */
export interface HostSecrets {
  /** Line for authorized_keys. */
  readonly authorizedKey: string
  /** Key of the mirror's Debian packages. */
  readonly mirrorKey: string
}

/** Starts a host, as bare as its fleet's shape wants it. */
export async function startHost(
  record: FleetRecord,
  host: FleetHost,
  image: string,
  secrets: HostSecrets,
): Promise<void> {
  const fleet = record.shape.name
  const environment = {
    LAB_ADDRESS: host.address,
    LAB_GATEWAY: gatewayAddress(record.network),
    LAB_DNS: mirrorAddress(record.network),
    LAB_ZONE: zoneOf(fleet),
    LAB_AUTHORIZED_KEY: secrets.authorizedKey,
    LAB_MIRROR_KEY: secrets.mirrorKey,
    LAB_INSTALLATION: installation(host.features),
  }
  const modules = existsSync('/lib/modules')
    ? ['--mount', 'type=bind,source=/lib/modules,destination=/lib/modules,readonly']
    : []
  await docker([
    'run',
    '--detach',
    ...place(fleet, host.name, host.address),
    '--cap-drop',
    'ALL',
    ...CAPABILITIES.flatMap((name) => ['--cap-add', name]),
    '--security-opt',
    'seccomp=unconfined',
    '--security-opt',
    'apparmor=unconfined',
    '--security-opt',
    'systempaths=unconfined',
    '--device-cgroup-rule',
    'a *:* rwm',
    '--cgroupns=private',
    '--tmpfs',
    '/run:exec',
    '--tmpfs',
    '/tmp:exec',
    ...modules,
    ...VOLUMES.flatMap((path) => ['--volume', path]),
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    image,
  ])
}

function place(fleet: string, host: string, address: string): string[] {
  return [
    '--name',
    containerName(fleet, host),
    '--hostname',
    host,
    '--network',
    networkName(fleet),
    '--ip',
    address,
    '--label',
    `${FLEET_LABEL}=${fleet}`,
    '--label',
    `${HOST_LABEL}=${host}`,
  ]
}
