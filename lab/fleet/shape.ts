/** A fleet's shape: which hosts it has, what they are called, and where they are in its subnet. Pure. */
import type { HostRole } from '../../src/cluster/model.js'
import { isPackagesShape, PACKAGE_SHAPES, type PackagesShape } from '../builds/package-shapes.js'
import type { HostFeature } from './feature.js'
import { LEFTOVERS } from './leftovers.js'
import { DEFAULT_OS, isOsName, OPERATING_SYSTEMS, type OsName } from './operating-systems.js'
import { ROUGH_FEATURES, roughFeatures } from './rough.js'

/** What was asked for. */
export interface FleetShape {
  readonly name: string
  readonly controlPlanes: number
  readonly workers: number
  readonly etcd: number
  readonly loadBalancers: number
  /** An address that moves between the load balancers; without any, between the control planes. */
  readonly virtualAddress?: true
  /** Hosts have these in turn, in the order of the cluster file; {@link DEFAULT_OS} where nothing is said. */
  readonly systems?: readonly OsName[]
  /** What the packages of Kubernetes depend on, where not as published. */
  readonly packages?: PackagesShape
  /** Hosts are set up as people do, each another way (`rough.ts`). */
  readonly rough?: true
  /** Hosts have been used for other things before (`leftovers.ts`). */
  readonly leftovers?: true
}

export interface FleetHost {
  readonly name: string
  readonly role: HostRole
  readonly address: string
  readonly os: OsName
  /** What it has that a bare host does not. */
  readonly features: readonly HostFeature[]
}

/** A fleet's place in the network. `subnet` is a /24, as its first three numbers: `172.30.4`. */
export interface FleetNetwork {
  readonly subnet: string
}

interface RoleNames {
  readonly prefix: string
  /** Last number of the first host's address. */
  readonly firstAddress: number
  readonly most: number
}

/** Last numbers of the addresses: 1 is the machine itself, 2 the mirror. */
const ROLES: Readonly<Record<HostRole, RoleNames>> = {
  'load-balancer': { prefix: 'lb', firstAddress: 5, most: 5 },
  'control-plane': { prefix: 'cp', firstAddress: 11, most: 9 },
  etcd: { prefix: 'e', firstAddress: 31, most: 9 },
  worker: { prefix: 'w', firstAddress: 41, most: 200 },
}

/** A name is a DNS label, and part of the names of Docker's things. */
const NAME = /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/

/** The DNS zone of a fleet; `.test` is reserved for such uses (RFC 6761). */
export function zoneOf(fleet: string): string {
  return `${fleet}.test`
}

/** Address of the machine that the fleet is on, which is the hosts' default route. */
export function gatewayAddress(network: FleetNetwork): string {
  return `${network.subnet}.1`
}

/** Address of the mirror. */
export function mirrorAddress(network: FleetNetwork): string {
  return `${network.subnet}.2`
}

/** The address of a fleet that moves between its load balancers; above all hosts'. */
export function virtualAddress({ subnet }: FleetNetwork): string {
  return `${subnet}.250`
}

/** What is wrong with a shape, in words; empty when nothing is. */
export function shapeProblems(shape: FleetShape): string[] {
  const problems = NAME.test(shape.name)
    ? []
    : [`"${shape.name}" is no name for a fleet: small letters, digits and hyphens, beginning with a letter`]
  for (const [role, count] of counts(shape)) {
    const { most } = ROLES[role]
    const least = role === 'control-plane' ? 1 : 0
    if (!Number.isInteger(count) || count < least || count > most) {
      problems.push(`${count} is no number of ${role} hosts: from ${least} to ${most}`)
    }
  }
  for (const os of (shape.systems ?? []).filter((name: string) => !isOsName(name))) {
    problems.push(
      `"${os as string}" is no operating system of the lab: ${Object.keys(OPERATING_SYSTEMS).join(', ')}`,
    )
  }
  const { packages = 'published' } = shape
  if (!isPackagesShape(packages)) {
    problems.push(
      `"${packages as string}" is no shape of the package repository: ${Object.keys(PACKAGE_SHAPES).join(', ')}`,
    )
  }
  return problems
}

/** `3 control-plane, 2 worker, 1 load-balancer`. */
export function describeShape(shape: FleetShape): string {
  const roles = counts(shape)
    .filter(([, count]) => count > 0)
    .map(([role, count]) => `${count} ${role}`)
  return [
    ...roles,
    ...(shape.virtualAddress === true ? ['a virtual address'] : []),
    ...(shape.systems ?? []),
    ...(shape.rough === true ? ['rough'] : []),
    ...(shape.leftovers === true ? ['with leftovers'] : []),
    ...(shape.packages === undefined ? [] : [`packages ${shape.packages}`]),
  ].join(', ')
}

/** The operating systems of a fleet's hosts, each once. */
export function systemsOf(shape: FleetShape): readonly OsName[] {
  return [...new Set(shape.systems ?? [DEFAULT_OS])]
}

/** The hosts of a fleet, in the order of its cluster file. */
export function hostsOf(shape: FleetShape, network: FleetNetwork): FleetHost[] {
  const places = counts(shape).flatMap(([role, count]) => {
    const { prefix, firstAddress } = ROLES[role]
    return Array.from({ length: count }, (_, index) => ({
      name: `${prefix}${index + 1}`,
      role,
      address: `${network.subnet}.${firstAddress + index}`,
    }))
  })
  const { systems = [DEFAULT_OS] } = shape
  return places.map((place, index) => {
    const os = systems[index % systems.length] ?? DEFAULT_OS
    return { ...place, os, features: featuresOf(shape, index, os) }
  })
}

function featuresOf(shape: FleetShape, index: number, os: OsName): readonly HostFeature[] {
  return [
    ...(shape.rough === true ? roughFeatures(index, os).map((name) => ROUGH_FEATURES[name]) : []),
    ...(shape.leftovers === true ? Object.values(LEFTOVERS) : []),
  ]
}

/**
 * Where the name `api.<zone>` leads: the virtual address where there is one, otherwise the first load balancer, or the
 * first control plane where there is none.
 */
export function apiAddress(shape: FleetShape, network: FleetNetwork): string {
  if (shape.virtualAddress === true) return virtualAddress(network)
  const hosts = hostsOf(shape, network)
  const answering = hosts.find((host) => host.role === 'load-balancer') ?? hosts.find(isControlPlane)
  if (answering === undefined) throw new Error('a fleet without a control plane')
  return answering.address
}

function isControlPlane(host: FleetHost): boolean {
  return host.role === 'control-plane'
}

function counts(shape: FleetShape): [HostRole, number][] {
  return [
    ['control-plane', shape.controlPlanes],
    ['worker', shape.workers],
    ['etcd', shape.etcd],
    ['load-balancer', shape.loadBalancers],
  ]
}
