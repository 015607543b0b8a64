/** The runs of units on hosts, and what each wrote: read from the journal and the folders that units leave there. */
import type { Host } from '../../cluster/model.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { expectSuccess, script, type Session, type SessionPool } from '../../ssh/index.js'
import { onEachHost, type HostOutcome } from '../each-host.js'

/** One run of a unit on a host. */
export interface UnitRun {
  readonly operation: string
  /** The unit, e.g. `kubeadm-join`. */
  readonly name: string
  /** 1 for the first run within its operation. */
  readonly ordinal: number
  /** ISO 8601, by the host's clock. */
  readonly startedAt: string
  readonly endedAt?: string
  /** Missing while it runs, and for a run that was cut off. */
  readonly exitCode?: number
}

/** Reads what units left on hosts. */
export interface UnitLogs {
  /** All runs on each host, the oldest first. */
  list(hosts: readonly Host[]): Promise<readonly HostOutcome<readonly UnitRun[]>[]>
  /** What a run wrote from a byte on. */
  read(host: Host, run: UnitRun, from: number): Promise<UnitOutput>
}

/** A part of what a run wrote. */
interface UnitOutput {
  readonly bytes: Buffer
  /** Whether it wrote more than this part. */
  readonly hasMore: boolean
  readonly hasEnded: boolean
}

/** At most so much of an output is sent at once. */
const PART_BYTES = 4 * 1024 * 1024

// Whether it has ended is asked first: what it writes until then is read after.
const READ = `
if [ -e "$1/result" ] || ! systemctl --quiet is-active "$2.service"; then echo ended; else echo running; fi
if [ -e "$1/output" ]; then tail -c "+$(($3 + 1))" "$1/output" | head -c "$4"; fi
`

export function unitLogs(sessions: SessionPool): UnitLogs {
  return {
    list: (hosts) =>
      onEachHost(sessions, hosts, async (session) =>
        parseJournal((await session.readFile(HOST_PATHS.journal))?.toString() ?? ''),
      ),
    read: async (host, run, from) => read(await sessions.session(host), run, from),
  }
}

/** Lines are `TIME start|end OPERATION UNIT ORDINAL [EXIT]`; the last may be half written. */
export function parseJournal(text: string): readonly UnitRun[] {
  const runs = new Map<string, UnitRun>()
  for (const line of text.split('\n')) {
    const [time, event, operation, name, ordinal, exitCode] = line.split(' ')
    if (time === undefined || operation === undefined || name === undefined || ordinal === undefined) continue
    const key = `${operation} ${name} ${ordinal}`
    if (event === 'start') {
      runs.set(key, { operation, name, ordinal: Number(ordinal), startedAt: time })
    }
    const begun = runs.get(key)
    if (event === 'end' && begun !== undefined && exitCode !== undefined) {
      runs.set(key, { ...begun, endedAt: time, exitCode: Number(exitCode) })
    }
  }
  return [...runs.values()]
}

async function read(session: Session, run: UnitRun, from: number): Promise<UnitOutput> {
  const { operation, name, ordinal } = run
  const folder = `${HOST_PATHS.quorate}/operations/${operation}/${name}.${ordinal}`
  const unit = `quorate-${operation}-${name}-${ordinal}`
  const result = await session.run(script(READ, folder, unit, String(from), String(PART_BYTES)), {
    root: true,
  })
  const { stdoutBytes } = expectSuccess(result, `reading the output of ${name}`, session.host)
  const end = stdoutBytes.indexOf(10) + 1
  const bytes = stdoutBytes.subarray(end)
  const hasEnded = stdoutBytes.subarray(0, end).toString().trim() === 'ended'
  return { bytes, hasMore: bytes.length === PART_BYTES, hasEnded }
}
