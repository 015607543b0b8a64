/** The option `--on-blocked`, the same for every command that follows an operation. */
import { Option } from '@commander-js/extra-typings'

const ON_BLOCKED = ['wait', 'exit'] as const
/** What to do when nothing goes on without the operator. */
export type OnBlocked = (typeof ON_BLOCKED)[number]

/** The option as commander takes it. */
export function onBlockedOption() {
  return new Option(
    '--on-blocked <wait|exit>',
    'what to do when the run needs you: wait (on a terminal: ask), or exit with code 3 ' +
      '(default: wait on a terminal, exit elsewhere; a load balancer is waited for unless you say exit)',
  ).choices(ON_BLOCKED)
}
