/** The options of commands that take one host after the other out of service. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { drainOptions } from '../../operations/drain.js'
import { RETURN_TIMEOUT_MS, type RebootRequest } from '../../operations/reboot/request.js'
import { defined } from '../../values/defined.js'
import { parseWindow } from '../../values/window.js'
import { parseDuration } from './duration.js'

/** `--max-unavailable`, as commander takes it. */
export function maxUnavailableOption() {
  return new Option(
    '--max-unavailable <n>',
    'how many workers may be unavailable at once: 2, or 20%',
  ).argParser(atOnce)
}

/** `--window`, as commander takes it; may be given more than once. */
export function windowOption() {
  return new Option(
    '--window <window>',
    "begin no host outside of it: 'Sat 01:00-05:00 Europe/Berlin', 'Mon-Fri 22:00-04:00', 'daily 02:00-03:00 UTC'; can be repeated",
  ).argParser<readonly string[]>(collected)
}

/** `--return-timeout`, as commander takes it. */
export function returnTimeoutOption() {
  return new Option(
    '--return-timeout <duration>',
    'how long a host may take to come back, before the run waits for you: 10m unless given',
  ).argParser(parseDuration)
}

/** What the options of a rollout give. */
export interface RolloutOptions {
  readonly maxUnavailable?: string
  readonly drainTimeout?: number
  readonly evictUnmanaged?: true
  readonly returnTimeout?: number
  readonly window?: readonly string[]
}

/** The part of a request that they make, for these hosts. */
export function rolloutRequest(
  hosts: readonly string[],
  { maxUnavailable, drainTimeout, evictUnmanaged, returnTimeout, window = [] }: RolloutOptions,
): Omit<RebootRequest, 'required'> {
  return {
    hosts,
    ...defined({ maxUnavailable }),
    drain: drainOptions({ timeoutMs: drainTimeout, evictUnmanaged }),
    returnTimeoutMs: returnTimeout ?? RETURN_TIMEOUT_MS,
    windows: window,
  }
}

function collected(text: string, before: readonly string[] | undefined): readonly string[] {
  try {
    return [...(before ?? []), parseWindow(text).text.trim()]
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new InvalidArgumentError(
      `Give days, times and a zone, such as 'Sat 01:00-05:00 Europe/Berlin' (${error.message}).`,
    )
  }
}

function atOnce(text: string): string {
  const percent = /^(\d{1,3})%$/.exec(text)?.[1]
  const isFit =
    percent === undefined ? /^[1-9]\d{0,3}$/.test(text) : Number(percent) >= 1 && Number(percent) <= 100
  if (isFit) return text
  throw new InvalidArgumentError('Give a number, at least 1, or a percentage such as 20%.')
}
