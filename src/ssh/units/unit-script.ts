/**
 * The shell scripts behind units. They contain the whole host side of the protocol: the gate, the state files, and the
 * order in which those reach the disk. They need POSIX sh, coreutils, flock from util-linux, and systemd.
 */
import { FENCE, PASSED } from '../run/fence-script.js'
import { EARLIER_OUTPUT } from '../run/output-limits.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** On tmpfs: the secrets of units are gone when the host loses power. */
const SECRETS_FOLDER = '/run/quorate'

/** Exit status of {@link STOP} when nothing runs. */
export const NOTHING_RUNS = 3

/**
 * Runs the command once, as the main process of the unit, and records its outcome. It holds a lock for as long as it
 * lives; watchers wait for that lock. Arguments: operation, name, ordinal, secrets folder.
 */
const RUNNER = `# Written by quorate: runs the command beside this file, once, and keeps its outcome.
set -eu
operation=$1 step=$2 ordinal=$3 secrets=$4
umask 077
exec 8>lock
flock --nonblock 8
[ ! -e started ]
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
keep() {
  cat >"$1.new"
  sync -- "$1.new"
  mv -f -- "$1.new" "$1"
  sync -- .
}
journal() {
  printf "%s %s %s %s %s\\n" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$operation" "$step" "$2" >>${HOST_PATHS.journal}
  sync -- ${HOST_PATHS.journal}
}
# Monotonic, in hundredths of a second: unmoved by a clock that is set meanwhile.
uptime() {
  read -r seconds rest </proc/uptime
  printf "%s%s" "\${seconds%.*}" "\${seconds#*.}"
}
sync -- .. ../.. ../../..
{
  printf "boot "
  cat /proc/sys/kernel/random/boot_id
  date -u "+time %Y-%m-%dT%H:%M:%SZ"
} | keep started
journal start "$ordinal"
begin=$(uptime)
if [ -d "$secrets" ]; then export QUORATE_SECRETS="$secrets"; fi
code=0
(
  umask 022
  folder=$PWD
  cd /
  exec sh "$folder/command"
) </dev/null 8>&- || code=$?
duration=$((($(uptime) - begin) * 10))
rm -rf -- "$secrets"
journal end "$ordinal $code"
printf "exit %s\\nduration %s\\n" "$code" "$duration" | keep result
`

/** Functions that the scripts below share. */
const COMMON = `
root=${HOST_PATHS.quorate}
umask 077
# Whether a unit has processes; a systemctl that fails says nothing about that.
active() {
  state=$(systemctl show --property=ActiveState --value "$1.service")
  case $state in
    inactive | failed) return 1 ;;
    active | reloading | refreshing | activating | deactivating | maintenance) return 0 ;;
  esac
  echo "systemctl tells no state of $1: $state" >&2
  exit 1
}
# Locks the operation on this host and finds the newest run of the unit; 0 when there is none.
enter() {
  cd "$root/operations/$operation"
  exec 9<.
  flock 9
  ordinal=0
  for folder in "$step".*; do
    case \${folder##*.} in
      *[!0-9]*) ;;
      *) if [ "\${folder##*.}" -gt "$ordinal" ]; then ordinal=\${folder##*.}; fi ;;
    esac
  done
  select_run
}
select_run() {
  folder=$root/operations/$operation/$step.$ordinal
  unit=quorate-$operation-$step-$ordinal
  secrets=${SECRETS_FOLDER}/$unit
}
`

/** Starts the unit. Either we passed the gate (created the folder), or whoever did was cut off before the unit ran. */
const LAUNCH = `${FENCE}
launch() {
  how=started
  rm -rf -- "$secrets"
  if [ "$kind" = secrets ]; then
    mkdir -p "$secrets"
    while read -r name content; do
      printf %s "$content" | base64 -d >"$secrets/$name"
    done
  fi
  printf %s "$encoded" | base64 -d >"$folder/command"
  cat >"$folder/runner" <<"END_OF_RUNNER"
${RUNNER}END_OF_RUNNER
  (fence) || {
    rm -rf -- "$secrets"
    exit ${PASSED}
  }
  systemd-run --quiet --collect --unit="$unit" --service-type=exec \\
    --property=KillMode=control-group --property=TimeoutStopSec=30 --property=TasksMax=infinity \\
    --property=WorkingDirectory="$folder" \\
    --property=StandardOutput=append:"$folder/output" --property=StandardError=append:"$folder/output" \\
    --property=ExecStopPost="/bin/rm -rf $secrets" \\
    /bin/sh "$folder/runner" "$operation" "$step" "$ordinal" "$secrets" 9<&- </dev/null
}
`

/**
 * Copies the output until the runner has gone; at its end, where `tail` cannot follow a process. Of output that is
 * already there, copies only the end. The watcher wakes when the runner's lock is free. If it cannot write a dot, nobody
 * is listening any more.
 */
const FOLLOW = `
follow() {
  until [ -e "$folder/started" ]; do
    active "$unit" || return 0
    sleep 0.05
  done
  (
    trap "" PIPE
    until flock --shared --wait 5 --conflict-exit-code 75 "$folder/lock" true; do
      [ $? = 75 ] && echo . >&2 || exit 1
    done
  ) &
  watcher=$!
  # A tail that knows no --pid refuses it (busybox); one that ignores it would follow for ever (uutils 0.0.17).
  : &
  gone=$!
  wait "$gone"
  if timeout 5 tail -c 0 -s 0.01 -f --pid="$gone" -- "$folder/output" >/dev/null 2>&1; then
    tail -c ${EARLIER_OUTPUT} -s 0.1 -f --pid="$watcher" -- "$folder/output" || true
    wait "$watcher"
  else
    wait "$watcher"
    tail -c ${EARLIER_OUTPUT} "$folder/output"
  fi
}
`

/**
 * Starts the unit or attaches to it, and follows it to its end. Standard input: the command line in base64, then for
 * each secret its name and its content in base64. Standard output: the unit's output, or the last MiB of it. Standard
 * error: dots, and `quorate started|attached <ordinal>`, `quorate exited <status> <milliseconds>` or
 * `quorate interrupted`. Arguments: operation, name, `secrets` or `plain`.
 */
export const RUN = `${COMMON}${LAUNCH}${FOLLOW}
operation=$1 step=$2 kind=$3
read -r encoded
mkdir -p "$root/operations/$operation"
enter
if [ "$ordinal" = 0 ] || [ -e "$folder/acknowledged" ]; then
  ordinal=$((ordinal + 1))
  select_run
fi
how=attached
if [ ! -d "$folder" ]; then
  mkdir "$folder"
  launch
elif [ ! -e "$folder/result" ] && ! active "$unit" && [ ! -e "$folder/started" ]; then
  launch
fi
exec 9<&-
echo "quorate $how $ordinal" >&2
if [ -e "$folder/result" ]; then tail -c ${EARLIER_OUTPUT} "$folder/output"; else follow; fi
# The runner was killed where it left no result; what else the unit has must be gone before it counts as ended.
until [ -e "$folder/result" ] || ! active "$unit"; do sleep 0.1; done
if [ -e "$folder/result" ]; then
  while read -r key value; do
    case $key in
      exit) code=$value ;;
      duration) duration=$value ;;
    esac
  done <"$folder/result"
  echo "quorate exited $code $duration" >&2
else
  rm -rf -- "$secrets"
  echo "quorate interrupted" >&2
fi
`

/** Marks the newest run as acted upon. Arguments: operation, name. */
export const ACKNOWLEDGE = `${COMMON}
operation=$1 step=$2
[ -d "$root/operations/$operation" ] || exit 0
enter
if [ "$ordinal" = 0 ] || [ -e "$folder/acknowledged" ]; then exit 0; fi
if [ ! -e "$folder/result" ] && active "$unit"; then
  echo "$unit still runs" >&2
  exit 1
fi
rm -rf -- "$secrets"
: >"$folder/acknowledged"
sync -- "$folder/acknowledged" "$folder"
`

/** Stops the newest run and waits until its processes are gone. Arguments: operation, name. */
export const STOP = `${COMMON}
operation=$1 step=$2
[ -d "$root/operations/$operation" ] || exit ${NOTHING_RUNS}
enter
if [ "$ordinal" = 0 ] || ! active "$unit"; then exit ${NOTHING_RUNS}; fi
exec 9<&-
systemctl stop "$unit.service" || ! active "$unit"
`

/** Prints `absent` where {@link RUN} would start the step, else `running` or `ended`. Arguments: operation, name. */
export const STATE = `${COMMON}
operation=$1 step=$2
if [ ! -d "$root/operations/$operation" ]; then echo absent; exit 0; fi
enter
if [ "$ordinal" = 0 ] || [ -e "$folder/acknowledged" ]; then echo absent
elif [ -e "$folder/result" ]; then echo ended
elif active "$unit"; then echo running
elif [ -e "$folder/started" ]; then echo ended
else echo absent
fi
`

/** Lists the running units of all operations; each name includes its suffix. */
export const RUNNING = `
systemctl list-units --type=service --plain --no-legend --no-pager --full \\
  --state=active,reloading,activating,deactivating "quorate-*"
`

/** Waits until a unit has no processes. Argument: its name. */
export const WAIT = `${COMMON}
while active "$1"; do
  sleep 0.5
  echo . >&2
done
`
