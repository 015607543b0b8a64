/** A modified copy of a fleet's cluster file, beside the original so that relative paths still work. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { Fleet } from '../../support/fleet.js'

/** The parts of a cluster file that tests change. */
export interface ChangeableSpec {
  ssh: Record<string, unknown>
  jumpHosts?: unknown[]
  etcd?: Record<string, unknown>
  hosts: { name: string; address: string; ssh?: Record<string, unknown> }[]
}

/** Writes the changed file and returns its path. */
export function changedClusterFile(
  fleet: Fleet,
  name: string,
  change: (spec: ChangeableSpec) => void,
): string {
  const document = parse(readFileSync(fleet.clusterFile, 'utf8')) as { spec: ChangeableSpec }
  change(document.spec)
  const path = join(fleet.folder, name)
  writeFileSync(path, stringify(document))
  return path
}

/** The address of a host in the fleet's cluster file. */
export function addressOf(fleet: Fleet, host: string): string {
  const document = parse(readFileSync(fleet.clusterFile, 'utf8')) as { spec: ChangeableSpec }
  const found = document.spec.hosts.find(({ name }) => name === host)
  if (found === undefined) throw new Error(`no host ${host} in ${fleet.clusterFile}`)
  return found.address
}
