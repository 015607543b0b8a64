/** What a package manager does on a host. Its data are in configuration/package-managers. */
import type { Command } from '../../ssh/index.js'

export interface PackageManager {
  /** The program that installs, as messages name it. */
  readonly program: string
  /** The command that prints those of the packages that the host knows, a line each: `installed NAME VERSION`. */
  readonly installed: (names: readonly string[]) => Command
  /** The command that installs. It waits for the locks of others for ten minutes; its statuses: `INSTALL_STATUS`. */
  readonly install: (request: InstallRequest) => Command
  /** The command that removes packages which are installed, held or not, and nothing else. Waits like {@link PackageManager.install}. */
  readonly remove: (names: readonly string[]) => Command
  /**
   * The command that fetches the lists of packages and prints what {@link PackageManager.update} would do, as
   * `facts/updates.ts` reads it.
   */
  readonly listUpdates: () => Command
  /**
   * The command that updates all packages but these, which are held from then on. It first finishes what was cut off,
   * removes no package, and keeps configuration files as they are.
   */
  readonly update: (held: readonly string[]) => Command
  /** A package of a version or version pattern, as {@link InstallRequest.choices} take it. */
  readonly pinned: (name: string, version: string) => string
  /** The command that fetches a URL into a file, the way in which the package manager fetches. */
  readonly fetch: (url: string, path: string) => Command
  /** What an output of {@link PackageManager.install} means; undefined if it says nothing that is known. */
  readonly explain: (exitCode: number, output: string) => Explanation | undefined
}

interface InstallRequest {
  /** Part of the address of the repository whose signature must be valid; if not given, any may be stale. */
  readonly repository?: string
  /** Packages that only Quorate may upgrade. */
  readonly hold: readonly string[]
  /** Alternatives separated by bars, of which the first that a repository has serves; a bar at the end: optional. */
  readonly choices: readonly string[]
  /** Only fetch what would be installed, and hold nothing. */
  readonly fetchOnly?: boolean
}

/** Why an installation failed: a signature is not accepted, or no repository has a package or what one depends on. */
export type Explanation =
  | { readonly kind: 'bad-signature'; readonly words: string }
  | { readonly kind: 'lacking'; readonly names: string }
  | { readonly kind: 'unmet'; readonly name: string; readonly dependency: string }
