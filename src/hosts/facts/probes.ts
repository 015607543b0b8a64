/**
 * Tries things out on a host before Kubernetes needs them: connections to its peers, the endpoint's name, synced
 * writes. Leaves nothing behind.
 */
import { parseConnections, slowestSync, type HostProbes } from '../../facts/host-details.js'
import type { Endpoint } from '../../cluster/model.js'
import { isQuorateError } from '../../errors/index.js'
import { BASH, script, type Session } from '../../ssh/index.js'
import { ASK_PORT } from '../tcp-port.js'
import { defined } from '../../values/defined.js'

/** What to try. */
export interface ProbePlan {
  readonly peers: readonly Endpoint[]
  readonly endpoint: Endpoint
  /** Whether to measure the disk that etcd will be on. */
  readonly disk: boolean
}

/** How many connections to try at a time. */
const SLOTS = 32
/** Seconds after which no further try begins. */
const DEADLINE_S = 45

// Needs only bash, getent and timeout, which every host has. Tries a few dozen connections at a time, so that a host
// with many peers does not start more than it can handle. $1: the endpoint's name; then pairs of host and port. Where
// nothing listens yet, a refusal shows that packets get through; only a firewall that answers in the host's place looks
// the same. Silence counts only if it is met twice, and only while this host has time for the test. If even a program
// that does nothing does not end in time, nothing is known: the connection is tried again with more patience, and
// finally reported as unknown.
const CONNECT = `
export LC_ALL=C
${ASK_PORT}
name=$1; shift
slots=${SLOTS}
now() { read -r uptime _ </proc/uptime; echo "\${uptime%.*}"; }
deadline=$(($(now) + ${DEADLINE_S}))
has_time() { timeout 2 ${BASH} :; }
is_address() { case "$1" in *:*) ;; *[!0-9.]*) return 1 ;; esac; }
resolve() {
  if is_address "$1"; then echo "$1"; return; fi
  for patience in 4 10; do
    status=0
    timeout "$patience" getent ahosts "$1" || status=$?
    [ "$status" -eq 124 ] || return "$status"
  done
  if has_time; then return 2; fi
  return 124
}
reach() {
  status=0
  resolve "$1" >/dev/null || status=$?
  case "$status" in 0) ;; 124) echo unknown; return ;; *) echo name-not-resolved; return ;; esac
  met=''
  for patience in 3 3 10; do
    [ "$(now)" -lt "$deadline" ] || break
    outcome=$(ask_port "$1" "$2" "$patience")
    case "$outcome" in open|refused) echo "$outcome"; return ;; esac
    has_time || continue
    if [ -n "$met" ]; then echo "$outcome"; return; fi
    met=$outcome
  done
  echo unknown
}
walk() {
  shift $((($1 - 1) * 2 + 1))
  while [ $# -gt 1 ]; do
    outcome=$(reach "$1" "$2")
    printf '%s\\t%s\\n' "$outcome" "$1:$2"
    [ $# -gt $((slots * 2)) ] || break
    shift $((slots * 2))
  done
}
{
  status=0
  addresses=$(resolve "$name") || status=$?
  if [ "$status" -eq 124 ]; then printf 'unknown\\t%s\\n' "$name"; fi
  printf '%s\\n' "$addresses" | awk 'NF && !seen[$1]++ { print "endpoint\\t" $1 }'
} &
slot=0
while [ "$slot" -lt "$slots" ] && [ $((slot * 2)) -lt $# ]; do
  slot=$((slot + 1))
  walk "$slot" "$@" &
done
wait`

// Writes as etcd writes its log: about 2 KiB and a sync, many times. dd measures each write without its own start. A
// slow disk gets fewer samples instead of more time. $1: folder.
const SYNC = `
export LC_ALL=C
file=$(mktemp "$1/.quorate-sync.XXXXXX")
trap 'rm -f "$file"' EXIT
timeout 1 sh -c 'for _ in 1 2 3 4 5 6 7 8 9 10; do for _ in 1 2 3 4 5 6 7 8 9 10; do
  dd if=/dev/zero of="$0" bs=2300 count=1 oflag=dsync conv=notrunc 2>&1
done; done' "$file" | awk '/copied/ { for (i = 2; i <= NF; i++) if ($i ~ /^s,?$/) print $(i - 1) }'`

/** Milliseconds for all connections together. */
const PATIENCE_MS = 90_000

/**
 * Tries everything at once.
 * @throws QuorateError of the SSH_ family.
 */
export async function probeHost(session: Session, plan: ProbePlan): Promise<HostProbes> {
  const [connected, synced] = await Promise.all([
    tryConnections(session, plan),
    plan.disk ? session.run(script(SYNC, '/var/lib'), { root: true }) : undefined,
  ])
  const syncMs = synced === undefined ? undefined : slowestSync(synced.stdout)
  return { ...connected, ...defined({ syncMs }) }
}

async function tryConnections(session: Session, { peers, endpoint }: ProbePlan): Promise<HostProbes> {
  const targets = peers.flatMap(({ host, port }) => [host, String(port)])
  try {
    const { stdout } = await session.run(script(CONNECT, endpoint.host, ...targets), {
      timeoutMs: PATIENCE_MS,
    })
    return parseConnections(stdout)
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'SSH_TIMEOUT') throw error
    // The host answered a moment ago, so it is only busy, and the results of its tries are as unknown as before.
    const unanswered = [endpoint.host, ...peers.map(({ host, port }) => `${host}:${port}`)]
    return { connections: {}, endpointAddresses: [], unanswered }
  }
}
