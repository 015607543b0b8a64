/** Colours of states, the same in lines and the live view. */
import type { StepState } from '../../operations/progress.js'
import type { Style } from '../io.js'

const COLOUR = {
  pending: 'dim',
  running: 'cyan',
  unchanged: 'green',
  done: 'green',
  failed: 'red',
  blocked: 'yellow',
  skipped: 'yellow',
} as const satisfies Readonly<Record<StepState, keyof Style>>

/** The colour of a state. */
export function colourOf(state: StepState, style: Style): (text: string) => string {
  return style[COLOUR[state]]
}
