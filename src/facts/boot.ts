/** What a host says of its boot, and whether it should be rebooted. */
import { plainText } from '../values/plain-text.js'
import type { Answers } from './answers.js'

/** A boot of a host. */
export interface BootFacts {
  /** New at each boot. */
  readonly bootId: string
  /** Set if the system asks for a reboot: the packages that it names as the cause, perhaps none. */
  readonly required?: readonly string[]
  /** The newest installed kernel of the running one's kind, if that is another. */
  readonly newerKernel?: string
  /** Packages whose old files every program has open: those of them that were installed in this boot. */
  readonly updatedSinceBoot?: readonly string[]
}

/** Where the data of a member of etcd are. */
export interface DataMount {
  /** Where their file system is mounted: the folder of the data, or one above it. */
  readonly point: string
  /** What is mounted there: the UUID of the file system, or its device or the like if it has none; then the folder of it. */
  readonly source: string
}

/** A host before it is rebooted: what it is compared with when it is back. */
export interface BootRecord {
  readonly bootId: string
  /** `/etc/machine-id`. */
  readonly machineId: string
  /** Why it should be rebooted, in words; none if nothing asks for it. */
  readonly reasons: readonly string[]
  /** Only on hosts with a member of an etcd of ours. */
  readonly etcd?: { readonly mount: DataMount; readonly clusterId: string }
}

/** Reads the answers of `LIST_BOOT` (hosts/facts/boot.ts); undefined for an answer from an older worker. */
export function parseBoot(answers: Answers, runningKernel: string): BootFacts | undefined {
  const [bootId] = answers.get('bootId') ?? []
  if (bootId === undefined) return undefined
  const [required] = answers.get('rebootRequired') ?? []
  const newerKernel = newerThan(runningKernel, answers.get('installedKernel') ?? [])
  const updatedSinceBoot = [...new Set(answers.get('updatedSinceBoot') ?? [])]
  return {
    bootId,
    ...(required === undefined ? {} : { required: required.split(' ').filter((name) => name !== '') }),
    ...(newerKernel === undefined ? {} : { newerKernel }),
    ...(updatedSinceBoot.length === 0 ? {} : { updatedSinceBoot }),
  }
}

/** Why the host should be rebooted, in words; none if nothing asks for it. */
export function rebootReasons(
  { required, newerKernel, updatedSinceBoot }: BootFacts,
  runningKernel: string,
): readonly string[] {
  return [
    ...(required === undefined ? [] : [`its system asks for it${causes(required)}`]),
    ...(newerKernel === undefined ? [] : [`runs kernel ${runningKernel}, and ${newerKernel} is installed`]),
    ...(updatedSinceBoot === undefined ? [] : [`${updatedSinceBoot.join(' and ')} changed since its boot`]),
  ].map((reason) => plainText(reason))
}

/** How many packages are named: a full upgrade lists dozens. */
const MOST_NAMED = 4

function causes(packages: readonly string[]): string {
  if (packages.length === 0) return ''
  const more = packages.length > MOST_NAMED ? `, and ${packages.length - MOST_NAMED} more` : ''
  return `, for ${packages.slice(0, MOST_NAMED).join(', ')}${more}`
}

/**
 * The last kernel of the running one's kind, unless that runs. Where the running kernel is none of those installed, as in
 * a container, nothing is known.
 * @param installed in the order of their versions.
 */
function newerThan(running: string, installed: readonly string[]): string | undefined {
  if (!installed.includes(running)) return undefined
  const newest = installed.filter((name) => kindOf(name) === kindOf(running)).at(-1)
  return newest === running ? undefined : newest
}

/** A kernel's name without its versions: `6.1.0-25-cloud-amd64` is another kind than `6.1.0-26-amd64`. */
function kindOf(name: string): string {
  return name.replaceAll(/[\d._]+/g, '')
}
