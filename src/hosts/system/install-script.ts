/** The script that installs packages with apt: patient with locks, exact about what no repository has. */

/** For how long another program may hold apt's or dpkg's locks, in seconds. */
const LOCK_TIMEOUT_S = 600

/** Exit statuses of the script with a meaning of their own; any other is apt's. */
export const INSTALL_STATUS = { badSignature: 65, lacking: 66 } as const

/**
 * $1: part of the address of the repository whose signature must be valid, or nothing; $2: packages to hold; the rest:
 * what is wanted, as `name`, `name=1.2.*`, `name|alternative`, with a bar at the end if it is optional.
 *
 * Ubuntu has needrestart restart services after each installation without asking. It is suspended here: on a node that
 * serves, nothing is restarted that the plan has not named, and this very unit runs apt.
 *
 * The script waits for locks rather than fighting over them: dpkg cannot wait, and apt waits for dpkg's locks, but not
 * for those of its lists and its archives. An installation that was cut off in the middle is finished first. apt-get
 * update exits with 0 even if lists could not be fetched, so its output decides whether a package is missing.
 */
export const INSTALL = `
export DEBIAN_FRONTEND=noninteractive LC_ALL=C NEEDRESTART_SUSPEND=1
repository=$1 hold=$2; shift 2
set -f
apt="apt-get -q -o DPkg::Lock::Timeout=${LOCK_TIMEOUT_S} -o Acquire::Retries=3"
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
seconds() { cut -d. -f1 /proc/uptime; }
deadline=$(($(seconds) + ${LOCK_TIMEOUT_S}))
waiting=

quietly() { "$@" >"$said/text" 2>&1; }
loudly() {
  { "$@" 2>&1 && code=0 || code=$?; echo "$code" >"$said/status"; } | tee "$said/text"
  return "$(cat "$said/status")"
}
# Runs a command again and again for as long as somebody else holds a lock, and says so.
patiently() {
  while :; do
    if "$@"; then return 0; else status=$?; fi
    lock=$(grep -m 1 -e 'locked by another process' -e 'ould not get lock' "$said/text" || true)
    if [ -z "$lock" ] || [ "$(seconds)" -ge "$deadline" ]; then return "$status"; fi
    if [ "$lock" != "$waiting" ]; then echo "waiting: $lock"; waiting=$lock; fi
    sleep 1
  done
}

if ! patiently quietly dpkg --configure -a; then cat "$said/text" >&2; exit 1; fi
updated=0
patiently quietly $apt update || updated=$?
cat "$said/text"
cp "$said/text" "$said/update"
if [ -n "$repository" ] && grep -F "$repository" "$said/update" \\
  | grep -qE '^(W|E|Err).*(signature|not signed|EXPKEYSIG|NO_PUBKEY|sqv)'; then
  exit ${INSTALL_STATUS.badSignature}
fi
if [ "$updated" != 0 ]; then exit "$updated"; fi

has() { # NAME or NAME=PATTERN
  version=
  case $1 in *=*) version=\${1#*=} ;; esac
  apt-cache madison "\${1%%=*}" | awk -F'|' -v version="\${version%\\*}" '
    { gsub(/ /, "", $2) }
    $3 !~ /Sources$/ && index($2, version) == 1 { found = 1 }
    END { exit !found }'
}
chosen= lacking=
for wanted in "$@"; do
  found=
  choices=$(printf %s "$wanted" | tr '|' ' ')
  for one in $choices; do
    if has "$one"; then found=$one; break; fi
  done
  if [ -n "$found" ]; then chosen="$chosen $found"; continue; fi
  case $wanted in
    *'|') echo "left out, since no repository has it: \${wanted%'|'}" ;;
    *) lacking="$lacking\${lacking:+, }$(printf %s "$wanted" | sed 's/|/ or /g; s/=/ /')" ;;
  esac
done
if [ -n "$lacking" ]; then
  # Lists that were not fetched today say nothing of what is missing.
  if grep -q 'Failed to fetch' "$said/update"; then echo "not found: $lacking" >&2; exit 100; fi
  echo "no repository has $lacking" >&2
  exit ${INSTALL_STATUS.lacking}
fi
patiently loudly $apt -y -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \\
  --no-install-recommends --allow-change-held-packages install $chosen
if [ -n "$hold" ]; then apt-mark hold $hold; fi`
