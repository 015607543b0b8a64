/**
 * What a scenario begins with. All scenarios share one fleet, `faults`, and take over the cluster of the scenario before,
 * because a bootstrap costs more than most faults. A host that will join is removed from it first.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { expect } from 'vitest'
import { mergeDeep } from '../../../../src/values/merge.js'
import { eventually } from '../../../support/eventually.js'
import { Fleet } from '../../../support/fleet.js'
import { fix } from './faults.js'

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3'] as const
const WORKERS = ['w1', 'w2'] as const
/** Every node, as a list of nodes is sorted. */
export const NODES: readonly string[] = [...CONTROL_PLANES, ...WORKERS]
export const HOSTS = [...CONTROL_PLANES, ...WORKERS, 'lb1'] as const

/** Exit code of a command that ends while its operation waits for a decision. */
export const WAITING = 3

/** The fleet of all scenarios. */
export const fleet = new Fleet('faults')

/** Bare hosts that know nothing of any cluster. */
export async function bareHosts(): Promise<void> {
  await fleet.quorate('engine', 'stop')
  rmSync(fleet.engineFolder, { recursive: true, force: true })
  await fleet.up()
}

/** A whole cluster at rest, whose hosts have forgotten the units of operations that ended. */
export async function standingCluster(): Promise<void> {
  await fleet.stand()
  await fix(fleet, HOSTS)
  await applyOrStartOver()
  await forgetUnits()
}

/** A whole cluster without these hosts, which were removed by hand: prepared, but in no cluster. */
export async function clusterWithout(...hosts: readonly string[]): Promise<void> {
  await standingCluster()
  for (const host of hosts) {
    // For a control plane, kubeadm also removes its etcd member.
    await fleet.on(host, 'kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock 2>&1')
    // The balancer may still send requests to the API server that is gone.
    await eventually(async () => {
      await fleet.kubectl('delete', 'node', host, '--ignore-not-found')
      return true
    }, `the node ${host} is deleted`)
  }
  await forgetUnits()
}

/** The fleet's cluster file with other kubeadm settings, e.g. shorter time limits. */
export function clusterFileWith(kubeadm: Readonly<Record<string, unknown>>): string {
  const file = parse(readFileSync(fleet.clusterFile, 'utf8')) as Record<string, unknown>
  const changed = mergeDeep(file, { spec: { kubernetes: { kubeadm } } })
  const path = join(fleet.folder, 'changed.yaml')
  writeFileSync(path, stringify(changed))
  return path
}

/** First lets the run of a failed scenario end; if that fails, hosts begin bare. */
async function applyOrStartOver(): Promise<void> {
  const wait = ['--on-blocked', 'exit']
  const apply = () => fleet.quorate('apply', '-f', fleet.clusterFile, '--attach', ...wait)
  const { exitCode } = await apply()
  if (exitCode === 0) return
  if (exitCode === WAITING && (await fleet.quorate('resume', fleet.name, '--retry', ...wait)).exitCode === 0)
    return
  await bareHosts()
  const again = await apply()
  expect(again.exitCode, again.stdout + again.stderr).toBe(0)
}

async function forgetUnits(): Promise<void> {
  await Promise.all(
    HOSTS.map((host) => fleet.on(host, 'rm -rf /var/lib/quorate/operations /var/lib/quorate/journal')),
  )
}
