/** Asking a TCP port, with nothing but what every host has. */
import { BASH } from '../ssh/index.js'

/** What a plain connection met, with nothing sent over it. */
export type PortOutcome =
  | 'open'
  | 'refused'
  /** No answer at all in time. */
  | 'timeout'
  /** No route, or forbidden on the way. */
  | 'unreachable'

/** The function `ask_port HOST PORT SECONDS` for scripts: prints a {@link PortOutcome}. */
export const ASK_PORT = `
ask_port() {
  status=0
  reason=$(timeout "$3" ${BASH} 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) || status=$?
  case "$status:$reason" in
    0:*) echo open ;;
    *refused*) echo refused ;;
    124:*|*"timed out"*) echo timeout ;;
    *) echo unreachable ;;
  esac
}`
