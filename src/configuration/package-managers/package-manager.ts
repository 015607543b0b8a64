/** What a package manager is, as far as it is data: files, names, and commands for people. The rows are in package-managers.ts. */
import type { PackageManagerName, Packages } from '../../cluster/model.js'
import type { HostFile } from '../host-prerequisites.js'

/** The data of a package manager. */
export interface PackageManagerFacts {
  readonly name: PackageManagerName
  /** The systems that it belongs to, as in `ID` and `ID_LIKE` of `/etc/os-release`. */
  readonly systems: readonly string[]
  /** Why an apply does not install packages with it yet. Preflight refuses its hosts with these words. */
  readonly untried?: string
  /** Its own name of each package that Debian calls otherwise. */
  readonly packageNames: Readonly<Record<string, string>>
  /** The file that tells it about the Kubernetes repository, without the content. */
  readonly sourceFile: Omit<HostFile, 'content'>
  /** The key with which it checks the repository. */
  readonly keyFile: Omit<HostFile, 'content'>
  /** Everything that it must know about the repository of one Kubernetes version. */
  readonly repository: (packages: Packages, kubernetesVersion: string) => RepositoryPlan
  /** What people type who prepare hosts themselves. */
  readonly byHand: CommandsByHand
}

/** The repository with the packages of one Kubernetes minor. */
interface RepositoryPlan {
  /** Part of its address, which messages about it contain even if the base redirects elsewhere. */
  readonly path: string
  /** URL at which the repository itself offers its signing key, ASCII-armored. */
  readonly keyUrl: string
  /** Content of {@link PackageManagerFacts.sourceFile}. */
  readonly sourceFile: string
}

interface CommandsByHand {
  /** The start of the command; the packages follow. */
  readonly install: string
  /** A package of a Kubernetes version, as an argument. */
  readonly pinned: (name: string, kubernetesVersion: string) => string
  /** The command that keeps packages from being upgraded; undefined if the repository's file does that. */
  readonly hold?: string
}
