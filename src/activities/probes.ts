/**
 * Tries things out on a host before Kubernetes needs them: connections to its peers, the endpoint's name, synced
 * writes. Leaves nothing behind.
 */
import { parseConnections, slowestSync, type HostProbes } from '../cluster/host-details.js'
import type { Endpoint } from '../cluster/model.js'
import { script, type Session } from '../ssh/index.js'

/** What to try. */
export interface ProbePlan {
  readonly peers: readonly Endpoint[]
  readonly endpoint: Endpoint
  /** Whether to measure the disk that etcd will be on. */
  readonly disk: boolean
}

// Needs only bash, getent and timeout, which every host has; all at once, so it takes as long as the slowest.
// $1: the endpoint's name; then pairs of host and port. Where nothing listens yet, a refusal shows that packets get
// through: only a firewall that answers in the host's place can not be told from it. Silence counts when it is met
// twice, since a host under load may take its time.
const CONNECT = `
export LC_ALL=C
name=$1; shift
resolve() { timeout 4 getent ahosts "$1"; }
reach() {
  resolve "$1" >/dev/null || { echo name-not-resolved; return; }
  for _ in first second; do
    status=0
    reason=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) || status=$?
    case "$status:$reason" in
      0:*) echo open; return ;;
      *refused*) echo refused; return ;;
      124:*|*"timed out"*) outcome=timeout ;;
      *) outcome=unreachable ;;
    esac
  done
  echo "$outcome"
}
{ resolve "$name" || true; } | awk '!seen[$1]++ { print "endpoint\\t" $1 }' &
while [ $# -gt 1 ]; do
  { outcome=$(reach "$1" "$2"); printf '%s\\t%s\\n' "$outcome" "$1:$2"; } &
  shift 2
done
wait`

// As etcd's log is written: some 2 KiB and a sync, many times; dd measures each write without its own start. A slow
// disk gets fewer samples instead of more time. $1: folder.
const SYNC = `
export LC_ALL=C
file=$(mktemp "$1/.quorate-sync.XXXXXX")
trap 'rm -f "$file"' EXIT
timeout 1 sh -c 'for _ in 1 2 3 4 5 6 7 8 9 10; do for _ in 1 2 3 4 5 6 7 8 9 10; do
  dd if=/dev/zero of="$0" bs=2300 count=1 oflag=dsync conv=notrunc 2>&1
done; done' "$file" | awk '/copied/ { for (i = 2; i <= NF; i++) if ($i ~ /^s,?$/) print $(i - 1) }'`

/** Milliseconds for all connections together; each is given up after twice 3 s, and its name after 4. */
const PATIENCE_MS = 60_000

/**
 * Tries everything at once.
 * @throws QuorateError of the SSH_ family.
 */
export async function probeHost(session: Session, plan: ProbePlan): Promise<HostProbes> {
  const targets = plan.peers.flatMap(({ host, port }) => [host, String(port)])
  const [connected, synced] = await Promise.all([
    session.run(script(CONNECT, plan.endpoint.host, ...targets), { timeoutMs: PATIENCE_MS }),
    plan.disk ? session.run(script(SYNC, '/var/lib'), { root: true }) : undefined,
  ])
  const syncMs = synced === undefined ? undefined : slowestSync(synced.stdout)
  return { ...parseConnections(connected.stdout), ...(syncMs === undefined ? {} : { syncMs }) }
}
