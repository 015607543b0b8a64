/** The folder `.lab/<name>/` of a fleet: its cluster file, its keys, and what it was made from. */
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { writeWhole } from '../cache.js'
import { FILES } from './cluster-file.js'
import type { FleetNetwork, FleetShape } from './shape.js'

const ROOT = resolve(import.meta.dirname, '..', '..', '.lab')

/** What a fleet was made from; kept in `fleet.json`. */
export interface FleetRecord {
  readonly shape: FleetShape
  readonly network: FleetNetwork
  readonly kubernetesVersions: readonly string[]
}

/** A path in a fleet's folder. */
export function fleetPath(fleet: string, ...parts: string[]): string {
  return join(ROOT, fleet, ...parts)
}

/** Path of a fleet's cluster file. */
export function clusterFilePath(fleet: string): string {
  return fleetPath(fleet, FILES.clusterFile)
}

/** What a fleet was made from; undefined when there is none of this name. */
export async function readRecord(fleet: string): Promise<FleetRecord | undefined> {
  const path = fleetPath(fleet, 'fleet.json')
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as FleetRecord) : undefined
}

/** Keeps what a fleet is made from. */
export async function writeRecord(record: FleetRecord): Promise<void> {
  await mkdir(fleetPath(record.shape.name), { recursive: true })
  await chmod(fleetPath(record.shape.name), 0o700)
  await writeWhole(fleetPath(record.shape.name, 'fleet.json'), JSON.stringify(record, undefined, 2))
}

/** Names of the fleets that there are. */
export async function recordedFleets(): Promise<string[]> {
  const names = existsSync(ROOT) ? await readdir(ROOT) : []
  return names.filter((name) => existsSync(fleetPath(name, 'fleet.json')))
}

/** Removes a fleet's folder. */
export async function removeFolder(fleet: string): Promise<void> {
  await rm(fleetPath(fleet), { recursive: true, force: true })
}
