/**
 * Durable remote commands: named systemd units on the host that outlive this process. Their outcome can be queried any
 * number of times. See docs/architecture.md, "Long commands survive us".
 */
import { QuorateError } from '../../errors/index.js'
import { script, type Command } from '../run/command.js'
import { expectSuccess, lastLines } from '../run/expect.js'
import { LineSplitter } from '../run/line-splitter.js'
import type { CommandResult, RunOptions, Session } from '../session.js'
import { ACKNOWLEDGE, NOTHING_RUNS, RUN, RUNNING, STATE, STOP, WAIT } from './unit-script.js'
import { defined } from '../../values/defined.js'

/** Identifies one command of one operation. The same identity always means the same run of it. */
export interface UnitIdentity {
  /** The operation's id on hosts, e.g. the first 13 characters of the workflow's run id. */
  readonly operation: string
  /** E.g. `kubeadm-init`; lowercase letters, digits and dashes. */
  readonly name: string
}

/** How a unit ended. */
export type UnitOutcome =
  | {
      readonly kind: 'exited'
      readonly exitCode: number
      /** The last 16 KiB of standard output and error, in the order in which they were written. */
      readonly output: string
      /** Milliseconds that the command ran, by the host's clock. */
      readonly durationMs: number
      /** True when this call found it running or ended, rather than starting it. */
      readonly attached: boolean
      /** 1 for the first run of this step, 2 after a first outcome was acknowledged, and so on. */
      readonly ordinal: number
    }
  /** Killed, or the host restarted. The command's effect may be complete, partial or missing. */
  | { readonly kind: 'interrupted'; readonly output: string; readonly ordinal: number }

export interface UnitOptions {
  /** Called with each complete line of output, including lines written before we attached. */
  readonly onLine?: (line: string) => void
  /** Aborting stops watching; the unit goes on. */
  readonly signal?: AbortSignal
  /**
   * Secret files that the command reads. They are written with mode 0600 to the unit's own tmpfs folder before it
   * starts, and removed when it ends. The command finds the folder's path in `$QUORATE_SECRETS`.
   */
  readonly secrets?: Readonly<Record<string, string>>
}

const OUTPUT_BYTES = 16 * 1024

/** Leaves room for systemd, which waits 30 s before it kills processes that ignore SIGTERM. */
const STOP_TIMEOUT_MS = 60_000

/**
 * Runs a command on a host at most once and returns its outcome. Starts it as a systemd unit, or attaches to the unit
 * that an earlier call started, whether that is still running or has ended. The outcome stays the same until it is
 * acknowledged.
 * @throws QuorateError `SSH_CONNECTION_LOST` when the connection is lost while watching (call again to attach),
 *   `SYSTEMD_MISSING`, `DISK_FULL`, or `COMMAND_FAILED` when the unit could not be started.
 */
export async function runUnit(
  session: Session,
  identity: UnitIdentity,
  command: Command,
  options: UnitOptions = {},
): Promise<UnitOutcome> {
  const lines = new LineSplitter(options.onLine ?? (() => undefined))
  let output = Buffer.alloc(0)
  const result = await runScript(session, RUN, [...names(identity), options.secrets ? 'secrets' : 'plain'], {
    input: unitInput(command, options.secrets ?? {}),
    timeoutMs: Infinity,
    ...defined({ signal: options.signal }),
    onStdout: (chunk) => {
      output = Buffer.concat([output, chunk]).subarray(-OUTPUT_BYTES)
      lines.write(chunk)
    },
  })
  lines.end()
  return parseOutcome(expectUnit(result, `starting ${identity.name}`, session), output.toString())
}

/**
 * Marks the newest outcome of a step as acted upon, so that the next {@link runUnit} runs the step again.
 * @throws QuorateError `COMMAND_FAILED` when it still runs.
 */
export async function acknowledgeUnit(session: Session, identity: UnitIdentity): Promise<void> {
  expectUnit(
    await runScript(session, ACKNOWLEDGE, names(identity), {}),
    `acknowledging ${identity.name}`,
    session,
  )
}

/** The state of a step: `absent` if {@link runUnit} would start it, otherwise whether it has an outcome yet. */
export type UnitState = 'absent' | 'running' | 'ended'

/** Returns the state of a step, without starting or waiting for anything. */
export async function unitState(session: Session, identity: UnitIdentity): Promise<UnitState> {
  const looked = expectUnit(
    await runScript(session, STATE, names(identity), {}),
    `looking at ${identity.name}`,
    session,
  )
  return looked.stdout.trim() as UnitState
}

/**
 * Stops a step's unit and all its processes, with SIGTERM and after 30 s with SIGKILL, and waits until it has ended.
 * @returns false if nothing was running.
 */
export async function stopUnit(session: Session, identity: UnitIdentity): Promise<boolean> {
  const result = await runScript(session, STOP, names(identity), { timeoutMs: STOP_TIMEOUT_MS })
  if (result.exitCode === NOTHING_RUNS) return false
  expectUnit(result, `stopping ${identity.name}`, session)
  return true
}

/** Names of the units that run on the host, for any operation, such as `quorate-0f3a-kubeadm-init-1`. */
export async function runningUnits(session: Session): Promise<string[]> {
  const result = expectUnit(await runScript(session, RUNNING, [], {}), 'listing units', session)
  return result.stdout.split('\n').flatMap((line) => /^\s*(\S+)\.service\s/.exec(line)?.[1] ?? [])
}

/** Waits until a unit of any operation has ended. Returns at once if there is no unit of this name. */
export async function waitForUnit(
  session: Session,
  unitName: string,
  options: Pick<UnitOptions, 'signal'> = {},
): Promise<void> {
  const result = await runScript(session, WAIT, [unitName], { timeoutMs: Infinity, ...options })
  expectUnit(result, `waiting for ${unitName}`, session)
}

/** Sends the script over standard input, ahead of the script's own input, because sudo logs every argument. */
function runScript(
  session: Session,
  text: string,
  args: readonly string[],
  { input = '', ...options }: Omit<RunOptions, 'root' | 'stdin'> & { readonly input?: string },
): Promise<CommandResult> {
  const bootstrap = script('read -r text; eval "$(printf %s "$text" | base64 -d)"', ...args)
  return session.run(bootstrap, { ...options, root: true, stdin: `${base64(text)}\n${input}` })
}

function unitInput(command: Command, secrets: Readonly<Record<string, string>>): string {
  const files = Object.entries(secrets).map(([name, content]) => {
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name))
      throw new TypeError(`not a name for a secret file: ${name}`)
    return `${name} ${base64(content)}\n`
  })
  return `${base64(`${command.line}\n`)}\n${files.join('')}`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function names({ operation, name }: UnitIdentity): [string, string] {
  for (const part of [operation, name]) {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(part)) throw new TypeError(`not a name for a unit: ${part}`)
  }
  return [operation, name]
}

const NO_SYSTEMD = /not been booted with systemd|systemd-run: not found|systemctl: not found/

function expectUnit(result: CommandResult, what: string, session: Session): CommandResult {
  if (result.exitCode !== 0 && NO_SYSTEMD.test(result.stderr)) {
    throw new QuorateError('SYSTEMD_MISSING', `${session.host.name} does not run systemd`, {
      host: session.host.name,
      output: lastLines(result.stderr),
    })
  }
  return expectSuccess(result, what, session.host)
}

function parseOutcome(result: CommandResult, output: string): UnitOutcome {
  const [, how, ordinal] = /^quorate (started|attached) (\d+)$/m.exec(result.stderr) ?? []
  const [, ending, exitCode, durationMs] =
    /^quorate (exited|interrupted)(?: (\d+) (\d+))?$/m.exec(result.stderr) ?? []
  if (ending === 'interrupted') return { kind: 'interrupted', output, ordinal: Number(ordinal) }
  if (exitCode === undefined) throw new Error(`unexpected answer from a unit: ${lastLines(result.stderr)}`)
  return {
    kind: 'exited',
    exitCode: Number(exitCode),
    output,
    durationMs: Number(durationMs),
    attached: how === 'attached',
    ordinal: Number(ordinal),
  }
}
