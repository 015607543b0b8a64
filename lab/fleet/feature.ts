/** One thing that hosts of people have and bare ones do not: what it is, and how a host comes by it. */
import type { OsName } from './operating-systems.js'

export interface HostFeature {
  /** What it is, for docs/lab.md. */
  readonly tells: string
  /** Shell (`sh -eu`) that root runs once, before the host boots for the first time. */
  readonly install?: string
  /** Shell that root runs at each boot, before systemd. */
  readonly atBoot?: string
  /** The only operating systems that have what it takes; all of them where nothing is said. */
  readonly only?: readonly OsName[]
  /** What a person adds to the host in the cluster file for it, under `ssh`. */
  readonly ssh?: Readonly<Record<string, unknown>>
}

/** A host's installation: everything of these features that is done once, and what is left to be done at each boot. */
export function installation(features: readonly HostFeature[]): string {
  const atBoot = features.flatMap(({ atBoot: lines }) => lines ?? [])
  const steps = features.flatMap(({ install }) => install ?? [])
  if (atBoot.length > 0) steps.push(heredoc('/usr/local/sbin/lab-at-boot', ['set -eu', ...atBoot].join('\n')))
  return steps.map((step) => step.trim()).join('\n')
}

/** Shell that writes a file, whatever is in it. */
export function heredoc(path: string, content: string, operator: '>' | '>>' = '>'): string {
  return `cat ${operator} ${path} <<'LAB_FILE'\n${content.replace(/\n$/, '')}\nLAB_FILE`
}
