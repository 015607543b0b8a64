/** The operating systems that a lab host can have, as data. */

/** One release of a distribution. */
export interface OperatingSystem {
  /** Name of the release, in the archive and in `sources.list`. */
  readonly codename: string
  /** Image of a registry that the base image is taken from where one is in reach. */
  readonly publicImage: string
  /** Its systemd starts only on a machine with cgroup v2. */
  readonly needsCgroup2?: true
}

/** By the name that `--os` takes. */
export const OPERATING_SYSTEMS = {
  'debian-12': { codename: 'bookworm', publicImage: 'debian:bookworm-slim' },
  'debian-13': { codename: 'trixie', publicImage: 'debian:trixie-slim' },
  'debian-14': { codename: 'forky', publicImage: 'debian:forky-slim', needsCgroup2: true },
} as const satisfies Record<string, OperatingSystem>

/** Name of an operating system of the lab. */
export type OsName = keyof typeof OPERATING_SYSTEMS

/** What hosts have where nothing is asked for, and the mirror always. */
export const DEFAULT_OS: OsName = 'debian-12'

/** Whether the lab has an operating system of this name. */
export function isOsName(name: string): name is OsName {
  return Object.hasOwn(OPERATING_SYSTEMS, name)
}

/** What the machine must have for these operating systems and does not, in words; undefined where it has all. */
export function machineLacks(names: readonly OsName[], cgroupV1: boolean): string | undefined {
  const refused = names.filter((name) => cgroupV1 && 'needsCgroup2' in OPERATING_SYSTEMS[name])
  if (refused.length === 0) return undefined
  return `${refused.join(', ')}: its systemd needs cgroup v2, and this machine runs v1`
}
