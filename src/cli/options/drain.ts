/** The options of every command that drains nodes. */
import { Option } from '@commander-js/extra-typings'
import { parseDuration } from './duration.js'

/** `--drain-timeout`, as commander takes it; its value is in milliseconds. */
export function drainTimeoutOption() {
  return new Option(
    '--drain-timeout <duration>',
    'how long pods and volumes may take to leave a node, before the run waits for you: 90s, 10m, 1h',
  ).argParser(parseDuration)
}

/** `--evict-unmanaged`, as commander takes it. */
export function evictUnmanagedOption() {
  return new Option(
    '--evict-unmanaged',
    'also evict pods that no controller starts again, which deletes them',
  )
}
