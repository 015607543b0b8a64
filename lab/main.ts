/** The lab's command line: `npm run lab -- up|build|down|list|ssh|exec|cluster-file|reset|engine-stop|clean`. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from '@commander-js/extra-typings'
import { buildEverything } from './builds/everything.js'
import { PINNED } from './builds/go-programs.js'
import { removeLabImages } from './builds/images.js'
import { PACKAGE_SHAPES, type PackagesShape } from './builds/package-shapes.js'
import { cacheRoot } from './cache.js'
import { fleetContainers } from './docker.js'
import { onHost } from './fleet/access.js'
import { down } from './fleet/down.js'
import { clusterFilePath, readRecord, recordedFleets, type FleetRecord } from './fleet/folder.js'
import { OPERATING_SYSTEMS, type OsName } from './fleet/operating-systems.js'
import { hostsOf, shapeProblems, type FleetHost, type FleetShape } from './fleet/shape.js'
import { needsOf, reset, up } from './fleet/up.js'
import { passThrough } from './process.js'
import { consoleReport } from './report.js'

const ENSURE_DOCKER = join(import.meta.dirname, '..', 'scripts', 'ensure-docker.sh')
const DEFAULT_NAME = 'lab'

const program = new Command('lab')
  .description(
    'Real hosts for trying and testing Quorate, on this machine: containers with systemd and sshd.',
  )
  .showHelpAfterError('(`npm run lab -- --help` tells what there is)')
  .enablePositionalOptions()

program
  .command('up')
  .description('bring up a fleet of hosts; the first time, everything they need is built (about 10 minutes)')
  .option('--name <name>', 'name of the fleet, and of its cluster', DEFAULT_NAME)
  .option('--control-planes <n>', 'number of control planes', Number, 3)
  .option('--workers <n>', 'number of workers', Number, 2)
  .option('--etcd <n>', 'number of etcd hosts; with any, the topology is external', Number, 0)
  .option('--load-balancers <n>', 'number of load balancers', Number, 1)
  .option(
    '--virtual-address',
    'an address that moves between the load balancers; without any, between control planes',
  )
  .option(
    '--os <names>',
    `what the hosts run, in turn where there are several (a,b): ${Object.keys(OPERATING_SYSTEMS).join(', ')}`,
    (value) => value.split(','),
  )
  .option(
    '--packages <shape>',
    `what the packages of Kubernetes depend on: ${Object.keys(PACKAGE_SHAPES).join(', ')}`,
  )
  .option('--rough', 'hosts as people set theirs up, each another way')
  .option('--leftovers', 'hosts on which earlier use has left things')
  .option(
    '--kubernetes-version <versions>',
    "version of Kubernetes; several (a,b or given again) are all packaged, the first is the cluster file's",
    collectVersions,
  )
  .action(async (options) => {
    const versions = options.kubernetesVersion ?? [PINNED.kubernetes]
    const { name, controlPlanes, workers, etcd, loadBalancers } = options
    const shape: FleetShape = {
      ...{ name, controlPlanes, workers, etcd, loadBalancers },
      ...(options.virtualAddress === true ? { virtualAddress: true } : {}),
      // What is no name of an operating system is a problem of the shape.
      ...(options.os === undefined ? {} : { systems: options.os as OsName[] }),
      // Likewise.
      ...(options.packages === undefined ? {} : { packages: options.packages as PackagesShape }),
      ...(options.rough === true ? { rough: true } : {}),
      ...(options.leftovers === true ? { leftovers: true } : {}),
    }
    const problems = [...shapeProblems(shape), ...versionProblems(versions)]
    if (problems.length > 0) program.error(problems.join('\n'), { exitCode: 2 })
    await ensureEngine()
    await up(shape, versions, consoleReport())
  })

program
  .command('build')
  .description('build what fleets of these systems and versions need, ahead of the first one')
  .option('--os <names>', 'what hosts run (a,b)', (value) => value.split(','))
  .option('--rough', 'for rough hosts, too')
  .argument('[version...]', 'versions of Kubernetes')
  .action(async (versions, options) => {
    const wanted = versions.length === 0 ? [PINNED.kubernetes] : versions
    const shape: FleetShape = {
      ...{ name: DEFAULT_NAME, controlPlanes: 1, workers: 0, etcd: 0, loadBalancers: 0 },
      // What is no name of an operating system is a problem of the shape.
      ...(options.os === undefined ? {} : { systems: options.os as OsName[] }),
      ...(options.rough === true ? { rough: true } : {}),
    }
    const problems = [...shapeProblems(shape), ...versionProblems(wanted)]
    if (problems.length > 0) program.error(problems.join('\n'), { exitCode: 2 })
    await ensureEngine()
    await buildEverything(needsOf(shape, wanted), consoleReport())
  })

program
  .command('down')
  .description('take a fleet down; what was built for it stays in the cache')
  .option('--name <name>', 'name of the fleet', DEFAULT_NAME)
  .action(async ({ name }) => {
    await ensureEngine()
    const report = consoleReport()
    await report.step(`take down ${name}`, () => down(name))
  })

program
  .command('reset')
  .description(
    'make hosts of a fleet again, bare, all of them unless some are named; the mirror, addresses and the SSH key stay',
  )
  .option('--name <name>', 'name of the fleet', DEFAULT_NAME)
  .argument('[host...]', 'only these: other machines at the same addresses')
  .action(async (hosts, { name }) => {
    await ensureEngine()
    for (const host of hosts) await hostNamed(name, host)
    await reset(await existing(name), consoleReport(), hosts)
  })

program
  .command('list')
  .description('list the fleets and their hosts')
  .action(async () => {
    for (const name of await recordedFleets()) {
      const record = await readRecord(name)
      if (record === undefined) continue
      const states = new Map((await fleetContainers(name)).map(({ host, state }) => [host, state]))
      console.log(`${name}  ${record.kubernetesVersions.join(', ')}  ${clusterFilePath(name)}`)
      for (const host of hostsOf(record.shape, record.network)) {
        console.log(`  ${host.name.padEnd(6)}${host.address.padEnd(16)}${states.get(host.name) ?? 'gone'}`)
      }
    }
  })

program
  .command('ssh')
  .description('log in to a host as the user ops')
  .option('--name <name>', 'name of the fleet', DEFAULT_NAME)
  .argument('<host>')
  .action(async (host, { name }) => {
    process.exitCode = await onHost(name, await hostNamed(name, host), [])
  })

program
  .command('exec')
  .description('run a command on a host as the user ops')
  .option('--name <name>', 'name of the fleet', DEFAULT_NAME)
  .argument('<host>')
  .argument('<command...>', 'the command, after --')
  .passThroughOptions()
  .action(async (host, command, { name }) => {
    const words = command[0] === '--' ? command.slice(1) : command
    process.exitCode = await onHost(name, await hostNamed(name, host), words)
  })

program
  .command('cluster-file')
  .description("print the path of a fleet's cluster file")
  .option('--name <name>', 'name of the fleet', DEFAULT_NAME)
  .option('--print', 'print what is in it instead')
  .action(async ({ name, print }) => {
    await existing(name)
    const path = clusterFilePath(name)
    process.stdout.write(print === true ? await readFile(path, 'utf8') : `${path}\n`)
  })

program
  .command('engine-stop')
  .description('stop the Docker engine, if the lab started it by hand')
  .action(async () => {
    process.exitCode = await passThrough(ENSURE_DOCKER, ['--stop'])
  })

program
  .command('clean')
  .description('remove what was built for fleets: the cache and the images; needs all fleets to be down')
  .action(async () => {
    await ensureEngine()
    const fleets = await recordedFleets()
    if (fleets.length > 0)
      program.error(`still up: ${fleets.join(', ')}; take them down first`, { exitCode: 2 })
    await consoleReport().step('remove the cache and the images', async () => {
      await removeLabImages()
      await rm(cacheRoot(), { recursive: true, force: true })
    })
  })

function collectVersions(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), ...value.split(',')]
}

function versionProblems(versions: readonly string[]): string[] {
  return versions
    .filter((version) => !/^v1\.\d+\.\d+$/.test(version))
    .map((version) => `"${version}" is no version of Kubernetes: write it as ${PINNED.kubernetes}`)
}

async function ensureEngine(): Promise<void> {
  if ((await passThrough(ENSURE_DOCKER, [])) !== 0) process.exit(1)
}

async function existing(fleet: string): Promise<FleetRecord> {
  const record = await readRecord(fleet)
  if (record !== undefined) return record
  const names = await recordedFleets()
  const others = names.length === 0 ? 'there is none' : `there is ${names.join(', ')}`
  return program.error(`no fleet "${fleet}"; ${others}`, { exitCode: 2 })
}

async function hostNamed(fleet: string, name: string): Promise<FleetHost> {
  const record = await existing(fleet)
  const hosts = hostsOf(record.shape, record.network)
  const found = hosts.find((host) => host.name === name)
  if (found !== undefined) return found
  const names = hosts.map((host) => host.name).join(', ')
  return program.error(`no host "${name}" in fleet ${fleet}; there are ${names}`, { exitCode: 2 })
}

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
