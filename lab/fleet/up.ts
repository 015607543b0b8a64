/** Brings a fleet up: its network, its mirror and its hosts, and the files that lead to them. */
import { existsSync } from 'node:fs'
import { chmod, copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { buildEverything, type LabImages, type Needs } from '../builds/everything.js'
import { publicKey, signingKeys } from '../builds/repositories.js'
import { writeWhole } from '../cache.js'
import { fleetContainers, removeContainers } from '../docker.js'
import type { Report } from '../report.js'
import { fleetKey } from './access.js'
import { FILES, renderClusterFile } from './cluster-file.js'
import { createNetwork, startHost, startMirror } from './containers.js'
import { removeFleet } from './down.js'
import { clusterFilePath, fleetPath, readRecord, writeRecord, type FleetRecord } from './folder.js'
import { bridgeRule, engineCgroupV1, machineFacts, raiseLimits } from './machine.js'
import { machineLacks } from './operating-systems.js'
import { knownHostsLines, waitForBoot, waitForMirror } from './readiness.js'
import { SUDO_PASSWORD, SUDO_PASSWORD_FILE } from './rough.js'
import { describeShape, hostsOf, systemsOf, virtualAddress, type FleetShape } from './shape.js'
import { defined } from '../../src/values/defined.js'

/**
 * Brings up a fleet of this shape. One that is up already is left alone, but gets the versions that it lacks. What is
 * left of one that is not whole is cleared away. Throws when a fleet of this name is up in another shape.
 */
export async function up(shape: FleetShape, versions: readonly string[], report: Report): Promise<void> {
  const existing = await runningFleet(shape.name)
  if (existing !== undefined) {
    await keep(existing, shape, versions, report)
    return
  }
  const lacks = machineLacks(systemsOf(shape), await engineCgroupV1())
  if (lacks !== undefined) throw new Error(lacks)
  const images = await buildEverything(needsOf(shape, versions), report)
  await report.step('clear away what is left of an earlier fleet', () => removeFleet(shape.name))
  const network = await createNetwork(shape.name)
  const record: FleetRecord = { shape, network, kubernetesVersions: versions }
  await writeRecord(record)
  await raiseLimits(images.mirror)
  await bridgeRule(shape.name, '--insert', images.mirror)
  await report.step('start the mirror', () => startMirror(record, images.mirror))
  await startHosts(record, images, report)
  await waitForMirror(shape.name)
  report.say(`fleet ${shape.name} is up: ${clusterFilePath(shape.name)}`)
}

/** What must be built for a fleet of this shape. */
export function needsOf(shape: FleetShape, versions: readonly string[]): Needs {
  const livedIn = shape.rough === true || shape.leftovers === true
  return { versions, systems: systemsOf(shape), packages: shape.packages ?? 'published', livedIn }
}

async function keep(
  record: FleetRecord,
  shape: FleetShape,
  versions: readonly string[],
  report: Report,
): Promise<void> {
  if (!isDeepStrictEqual(record.shape, shape)) {
    throw new Error(
      `fleet ${shape.name} is up in another shape (${describeShape(record.shape)}); take it down first, or give ` +
        'another --name',
    )
  }
  const missing = versions.filter((version) => !record.kubernetesVersions.includes(version))
  if (missing.length > 0) {
    await buildEverything(needsOf(shape, missing), report)
    await writeRecord({ ...record, kubernetesVersions: [...record.kubernetesVersions, ...missing] })
    report.say(`the mirror of fleet ${shape.name} now has ${missing.join(', ')} too`)
  }
  report.say(`fleet ${shape.name} is up already: ${clusterFilePath(shape.name)}`)
}

/**
 * Makes hosts of a fleet again as they were at first, all of them unless some are named: other machines, with another
 * machine-id and other SSH host keys, at the same addresses. The mirror and the SSH key stay.
 */
export async function reset(
  record: FleetRecord,
  report: Report,
  names: readonly string[] = [],
): Promise<void> {
  const fleet = record.shape.name
  const hosts = hostsOf(record.shape, record.network).filter(
    ({ name }) => names.length === 0 || names.includes(name),
  )
  const images = await buildEverything(needsOf(record.shape, record.kubernetesVersions), report)
  await report.step('remove the hosts', async () => {
    const containers = await fleetContainers(fleet)
    const old = containers.filter(({ host }) => hosts.some(({ name }) => name === host))
    await removeContainers(old.map((container) => container.id))
  })
  await startHosts(record, images, report, hosts)
  const what = names.length === 0 ? `fleet ${fleet} is` : `${names.join(', ')} of fleet ${fleet}: bare,`
  report.say(`${what} as new: ${clusterFilePath(fleet)}`)
}

/** What a fleet was made from, if every container of it is running. */
async function runningFleet(fleet: string): Promise<FleetRecord | undefined> {
  const record = await readRecord(fleet)
  if (record === undefined || !existsSync(clusterFilePath(fleet))) return undefined
  const running = (await fleetContainers(fleet)).filter((container) => container.state === 'running')
  return running.length === hostsOf(record.shape, record.network).length + 1 ? record : undefined
}

async function startHosts(
  record: FleetRecord,
  images: LabImages,
  report: Report,
  hosts = hostsOf(record.shape, record.network),
): Promise<void> {
  const fleet = record.shape.name
  const secrets = { authorizedKey: await fleetKey(fleet), mirrorKey: await publicKey('debian', report) }
  await report.step(`boot ${hosts.length} hosts`, async () => {
    await Promise.all(
      hosts.map(async (host) => {
        const image = images.hosts[host.os]
        if (image === undefined) throw new Error(`no image of ${host.os} was built`)
        await startHost(record, host, image, secrets)
        await waitForBoot(fleet, host)
      }),
    )
  })
  await writeFiles(record, report)
}

async function writeFiles(record: FleetRecord, report: Report): Promise<void> {
  const fleet = record.shape.name
  const hosts = hostsOf(record.shape, record.network)
  const [first] = hosts
  const [kubernetesVersion] = record.kubernetesVersions
  if (first === undefined || kubernetesVersion === undefined)
    throw new Error('a fleet without hosts or version')
  const lines = await Promise.all(hosts.map((host) => knownHostsLines(fleet, host)))
  await writeWhole(fleetPath(fleet, FILES.knownHosts), `${lines.flat().join('\n')}\n`)
  await copyFile(join(await signingKeys(report), 'kubernetes.asc'), fleetPath(fleet, FILES.signingKey))
  if (record.shape.rough === true) {
    const passwordFile = fleetPath(fleet, SUDO_PASSWORD_FILE)
    await writeWhole(passwordFile, `${SUDO_PASSWORD}\n`)
    await chmod(passwordFile, 0o600)
  }
  const machine = await machineFacts(fleet, first)
  const shared =
    record.shape.virtualAddress === true ? { virtualAddress: virtualAddress(record.network) } : {}
  const { packages } = record.shape
  const shaped = defined({ packages })
  const text = renderClusterFile({ name: fleet, kubernetesVersion, hosts, machine, ...shared, ...shaped })
  await writeWhole(clusterFilePath(fleet), text)
}
