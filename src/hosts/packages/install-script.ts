/** What the scripts that install packages share: patience with locks, and the choice among alternatives. */
import type { Explanation } from './package-manager.js'

/** For how long another program may hold the package manager's locks, in seconds. */
export const LOCK_TIMEOUT_S = 600

/** Exit statuses of the scripts with a meaning of their own; any other is the package manager's. */
export const INSTALL_STATUS = { badSignature: 65, lacking: 66 } as const

/**
 * The start of each script. $1: part of the address of the repository whose signature must be valid, or nothing; $2:
 * packages to hold; the rest: what is wanted, as `name`, `name=1.2.*`, `name|alternative`, with a bar at the end if it
 * is optional. What a command says is in `$said/text`.
 */
export const START = `
repository=$1 hold=$2; shift 2
set -f
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
# Runs a command again and again for as long as somebody else holds a lock, which its words tell, and says so.
patiently() {
  while :; do
    if "$@"; then return 0; else status=$?; fi
    lock=$(grep -m 1 -E "$lock_words" "$said/text" || true)
    if [ -z "$lock" ] || [ "$(seconds)" -ge "$deadline" ]; then return "$status"; fi
    if [ "$lock" != "$waiting" ]; then echo "waiting: $lock"; waiting=$lock; fi
    sleep 1
  done
}
`

/**
 * Chooses: of each thing that is wanted, the first alternative that `has` finds in a repository, into `chosen`. Lists
 * that were not fetched today, as `$said/update` and `stale_words` tell, say nothing of what is missing.
 */
export const CHOOSE = `
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
  if grep -qE "$stale_words" "$said/update"; then echo "not found: $lacking" >&2; exit 100; fi
  echo "no repository has $lacking" >&2
  exit ${INSTALL_STATUS.lacking}
fi
`

/** What {@link CHOOSE} says when it ends with `INSTALL_STATUS.lacking`; undefined if that was cut off. */
export function explainLacking(output: string): Explanation | undefined {
  const names = /^no repository has (.*)$/m.exec(output)?.[1]
  return names === undefined ? undefined : { kind: 'lacking', names }
}
