/** The updates that a host's package repositories have for it, and what they take away meanwhile. */
import { KUBERNETES_PACKAGES } from '../configuration/packages.js'
import type { Answers } from './answers.js'

/** A package that an update changes. */
export interface PackageUpdate {
  readonly name: string
  /** Its version; missing for a package that the update adds, as a new kernel is. */
  readonly from?: string
  readonly to: string
  readonly isSecurity: boolean
}

/** What an update of a host would do. */
export interface HostUpdates {
  readonly packages: readonly PackageUpdate[]
  /** Packages with updates that stay as they are: they are held, would need others removed, or are Kubernetes' own. */
  readonly kept: readonly string[]
  /** An installation was cut off in the middle; an update finishes it first. */
  readonly isInterrupted: boolean
  /** Why the lists of packages may be old: what could not be fetched. */
  readonly stale?: string
  /** Those of Quorate's files that belong to packages, too: an update must leave them Quorate's. */
  readonly ownFiles: readonly string[]
}

/** Of a host where everything is up to date. */
export const NO_UPDATES: HostUpdates = { packages: [], kept: [], isInterrupted: false, ownFiles: [] }

/** Reads what `listUpdates` of the package manager prints. */
export function parseUpdates(answers: Answers): Omit<HostUpdates, 'ownFiles'> {
  const [stale] = answers.get('stale') ?? []
  const all = (answers.get('update') ?? []).map((line): PackageUpdate => {
    const [name = '', kind, to = '', from = ''] = line.split(' ')
    return { name, ...(from === '' ? {} : { from }), to, isSecurity: kind === 'security' }
  })
  const kept = [...(answers.get('kept') ?? []), ...all.map(({ name }) => name).filter(isKubernetes)]
  return {
    packages: all.filter(({ name }) => !isKubernetes(name)),
    kept: [...new Set(kept)].sort(),
    isInterrupted: answers.has('interrupted'),
    ...(stale === undefined ? {} : { stale }),
  }
}

/** Only an upgrade changes versions of Kubernetes. */
function isKubernetes(name: string): boolean {
  return KUBERNETES_PACKAGES.some((one) => one === name)
}

/** Whether an update would change anything. */
export function hasUpdates({ packages, isInterrupted }: HostUpdates): boolean {
  return packages.length > 0 || isInterrupted
}

/** What updates of some packages take away, besides the programs of the packages themselves. */
const EFFECTS: readonly { readonly packages: RegExp; readonly effect: 'reboot' | 'restart'; what: string }[] =
  [
    { packages: /^(linux-image-.*|kernel|kernel-core)$/, effect: 'reboot', what: 'a new kernel' },
    { packages: /^(libc6|glibc)$/, effect: 'reboot', what: 'a new libc' },
    { packages: /^systemd$/, effect: 'reboot', what: 'a new systemd' },
    { packages: /^(containerd|containerd\.io)$/, effect: 'restart', what: 'containerd restarts' },
    { packages: /^runc$/, effect: 'restart', what: 'a new runc' },
    { packages: /^haproxy$/, effect: 'restart', what: 'HAProxy restarts' },
    { packages: /^keepalived$/, effect: 'restart', what: 'keepalived restarts' },
  ]

/** What the updates take away, in words. */
export function effectsOf({ packages }: HostUpdates): readonly string[] {
  return matching(packages).map(({ what }) => what)
}

/** Whether the host will need a reboot after the updates, as far as their names tell. */
export function callsForReboot({ packages }: HostUpdates): boolean {
  return matching(packages).some(({ effect }) => effect === 'reboot')
}

/** Whether the host must be drained for the updates: containers or what runs them change under the pods. */
export function callsForDrain({ packages, isInterrupted }: HostUpdates): boolean {
  return isInterrupted || matching(packages).length > 0
}

function matching(packages: readonly PackageUpdate[]) {
  return EFFECTS.filter((one) => packages.some(({ name }) => one.packages.test(name)))
}
