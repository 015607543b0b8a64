/**
 * Reads single values from the facts script's answer. A value that makes no sense is an error of its own, which names
 * the program that was run. Taken for a fact, it would become a finding about something else.
 */
import { QuorateError } from '../errors/index.js'

/** How the host is asked for each value (hosts/facts/script.ts). */
const ASKED_BY = {
  clock: 'date +%s.%N',
  hostname: 'uname -n',
  architecture: 'uname -m',
  initSystem: 'cat /proc/1/comm',
  cpus: 'nproc',
  memoryKiB: 'awk \'$1=="MemTotal:"{print $2}\' /proc/meminfo',
  cgroup: 'ls /sys/fs/cgroup/cgroup.controllers',
  swaps: 'tail -n +2 /proc/swaps | wc -l',
  freeKiB: 'df -Pk /var/lib',
} as const

type Key = keyof typeof ASKED_BY

/** What each value is, in words. */
const NAMES: Readonly<Record<Key, string>> = {
  clock: 'time',
  hostname: 'name',
  architecture: 'architecture',
  initSystem: 'init system',
  cpus: 'number of processors',
  memoryKiB: 'memory',
  cgroup: 'version of cgroups',
  swaps: 'swap',
  freeKiB: 'free disk space',
}

/** What the scripts need beyond what every program of that name does. */
const NEEDED: Readonly<Record<string, string>> = {
  flock: "util-linux's, with --wait and --conflict-exit-code",
}

/** Characters of an answer that a message quotes. */
const QUOTED = 80

/** What the host's clock says. */
export interface ClockReading {
  /** Milliseconds since the epoch. */
  readonly ms: number
  /** How far off it may be because digits are missing. */
  readonly uncertaintyMs: number
}

export class FactReadings {
  readonly #host: string
  readonly #values: ReadonlyMap<string, readonly string[]>

  /** @param values by key, as the script printed them. */
  constructor(host: string, values: ReadonlyMap<string, readonly string[]>) {
    this.#host = host
    this.#values = values
  }

  /** @throws QuorateError `FACTS_UNREADABLE` */
  word(key: Key): string {
    const [value = ''] = this.#values.get(key) ?? []
    return value === '' ? this.#unreadable(key, value) : value
  }

  /**
   * A whole number.
   * @throws QuorateError `FACTS_UNREADABLE`
   */
  number(key: Key): number {
    const value = this.word(key)
    return /^\d{1,15}$/.test(value) ? Number(value) : this.#unreadable(key, value)
  }

  /**
   * The clock: in nanoseconds, or in seconds if `date` has no nanoseconds (busybox) or prints them differently.
   * @throws QuorateError `FACTS_UNREADABLE`
   */
  clock(): ClockReading {
    const value = this.word('clock')
    const [, seconds, fraction = ''] = /^(\d{1,10})(?:\.(\S*))?$/.exec(value) ?? []
    if (seconds === undefined) return this.#unreadable('clock', value)
    return /^\d{9}$/.test(fraction)
      ? { ms: Number(`${seconds}${fraction.slice(0, 3)}`), uncertaintyMs: 0 }
      : { ms: Number(seconds) * 1000 + 500, uncertaintyMs: 500 }
  }

  /** @throws QuorateError `PROGRAM_UNFIT` for a host on which the steps could not work. */
  expectFitPrograms(): void {
    const [name] = this.#values.get('unfitProgram') ?? []
    if (name === undefined) return
    throw new QuorateError(
      'PROGRAM_UNFIT',
      `the program ${name} on ${this.#host} is missing or lacks what Quorate needs of it (${NEEDED[name] ?? 'as on Debian'})`,
      { host: this.#host },
    )
  }

  #unreadable(key: Key, value: string): never {
    const answer = value === '' ? 'nothing' : `"${value.slice(0, QUOTED)}"`
    throw new QuorateError(
      'FACTS_UNREADABLE',
      `${this.#host} answers ${answer} to \`${ASKED_BY[key]}\`, from which its ${NAMES[key]} cannot be read`,
      { host: this.#host },
    )
  }
}
