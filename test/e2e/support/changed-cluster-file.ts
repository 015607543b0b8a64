/** A fleet's cluster file with changes, beside the fleet's own, so that its relative paths hold. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { Fleet } from '../../support/fleet.js'

/** As much of a cluster file as tests change. */
export interface ChangeableSpec {
  ssh: Record<string, unknown>
  jumpHosts?: unknown[]
  etcd?: Record<string, unknown>
  hosts: { name: string; address: string; ssh?: Record<string, unknown> }[]
}

/** Writes the changed file and gives its path. */
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

/** Address of a host, as the fleet's cluster file has it. */
export function addressOf(fleet: Fleet, host: string): string {
  const document = parse(readFileSync(fleet.clusterFile, 'utf8')) as { spec: ChangeableSpec }
  const found = document.spec.hosts.find(({ name }) => name === host)
  if (found === undefined) throw new Error(`no host ${host} in ${fleet.clusterFile}`)
  return found.address
}
