/** Symbols for the states of steps, the same on the terminal and in Temporal's UI. */
import type { StepState } from './progress.js'

export const MARK: Readonly<Record<StepState, string>> = {
  pending: '·',
  running: '▶',
  unchanged: '✔',
  done: '✔',
  failed: '✘',
  blocked: '⏸',
  skipped: '⤼',
}
