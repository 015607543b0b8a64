/** Durable remote commands: contract. See design in docs/architecture.md ("Long commands survive us"). */
import type { Command } from './command.js'
import type { Session } from './session.js'

/** Which command of which operation; the same identity always means the same run of it. */
export interface UnitIdentity {
  /** The operation's id on hosts, e.g. the first 12 characters of the workflow's run id. */
  readonly operation: string
  /** E.g. `kubeadm-init`; lowercase letters, digits and dashes. */
  readonly step: string
}

/** How a unit ended. */
export type UnitOutcome =
  | {
      readonly kind: 'exited'
      readonly exitCode: number
      /** The last 16 KiB of standard output and error, as they came. */
      readonly output: string
      /** Milliseconds that the command ran, by the host's clock. */
      readonly durationMs: number
      /** True when this call found it running or ended, rather than starting it. */
      readonly attached: boolean
      /** 1 for the first run of this step, 2 after a first outcome was acknowledged, and so on. */
      readonly ordinal: number
    }
  | { readonly kind: 'interrupted'; readonly output: string; readonly ordinal: number }

export interface UnitOptions {
  /** Called with each complete line of output, also with what was written before we attached. */
  readonly onLine?: (line: string) => void
  /** Aborting stops watching; the unit goes on. */
  readonly signal?: AbortSignal
  /** Secret files that the command reads: written 0600 under a tmpfs folder of the unit's own before it starts
   * and removed when it ends; the command finds the folder's path in `$QUORATE_SECRETS`. */
  readonly secrets?: Readonly<Record<string, string>>
}

export declare function runUnit(
  session: Session,
  identity: UnitIdentity,
  command: Command,
  options?: UnitOptions,
): Promise<UnitOutcome>
export declare function acknowledgeUnit(session: Session, identity: UnitIdentity): Promise<void>
