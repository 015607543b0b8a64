/** The options of every command that starts an operation and follows it. */
import { Option } from '@commander-js/extra-typings'

/** `--attach`, as commander takes it. */
export function attachOption() {
  return new Option(
    '--attach',
    'follow the operation that holds the cluster, if there is one, instead of failing',
  )
}

/** `--detach`, as commander takes it. */
export function detachOption() {
  return new Option('--detach', 'only start it')
}
