/** The Docker engine as the lab uses it: through the docker command, with the lab's own things marked by a label. */
import { output, run, type RunOptions, type RunResult } from './process.js'

/** Label of every container and network of a fleet; its value is the fleet's name. */
export const FLEET_LABEL = 'quorate.lab'
/** Label of a container that says which host it is. */
export const HOST_LABEL = 'quorate.lab.host'

/** Runs the docker command. */
export function docker(args: readonly string[], options?: RunOptions): Promise<RunResult> {
  return run('docker', args, options)
}

/** True when an image of this name is in the engine. */
export async function hasImage(image: string): Promise<boolean> {
  return (await docker(['image', 'inspect', image], { allowFailure: true })).status === 0
}

/** Builds an image unless the engine has it already. Its name carries the key of its inputs. */
export async function buildImage(
  image: string,
  context: string,
  args: Readonly<Record<string, string>>,
  logFile: string,
): Promise<void> {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy']
    .filter((name) => process.env[name] !== undefined)
    .flatMap((name) => ['--build-arg', name])
  const given = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
  // The classic builder is in every engine; BuildKit's client part is not everywhere.
  await docker(['build', '--network=host', ...given, ...proxies, '--tag', image, context], {
    env: { DOCKER_BUILDKIT: '0' },
    logFile,
  })
}

/** One container of a fleet. */
export interface FleetContainer {
  readonly id: string
  readonly fleet: string
  /** Name of the host, or `mirror`. */
  readonly host: string
  readonly state: string
}

/** The containers of one fleet, or of all of them, running or not. */
export async function fleetContainers(fleet?: string): Promise<FleetContainer[]> {
  const filter = fleet === undefined ? FLEET_LABEL : `${FLEET_LABEL}=${fleet}`
  const format = `{{.ID}}\t{{.Label "${FLEET_LABEL}"}}\t{{.Label "${HOST_LABEL}"}}\t{{.State}}`
  const text = await output('docker', [
    'ps',
    '--all',
    '--no-trunc',
    '--filter',
    `label=${filter}`,
    '--format',
    format,
  ])
  return lines(text).map((line) => {
    const [id = '', name = '', host = '', state = ''] = line.split('\t')
    return { id, fleet: name, host, state }
  })
}

/** Removes containers with their volumes, running or not. */
export async function removeContainers(ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await docker(['rm', '--force', '--volumes', ...ids])
}

/** Subnets of every network that the engine has. */
export async function networkSubnets(): Promise<string[]> {
  const ids = lines(await output('docker', ['network', 'ls', '--quiet']))
  if (ids.length === 0) return []
  const format = '{{range .IPAM.Config}}{{.Subnet}} {{end}}'
  const result = await docker(['network', 'inspect', '--format', format, ...ids], { allowFailure: true })
  return result.stdout.split(/\s+/).filter((subnet) => subnet !== '')
}

/** The non-empty lines of a text. */
export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
