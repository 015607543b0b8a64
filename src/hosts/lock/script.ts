/**
 * The host's side of its lock: who holds it, and whether this is the host that is meant. Each script is one round
 * trip, decides under flock, and replaces the file by rename. POSIX sh with coreutils and util-linux' flock.
 */
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** Owner and operation of each lock that was broken: that operation and earlier ones cannot take the host any more. */
const BROKEN_FILE = `${HOST_PATHS.lock}.broken`

/** Owner of the last lock, and the first run in its operation's chain of runs; it outlasts the lock. */
const LAST_FILE = `${HOST_PATHS.lock}.last`

/** Functions that the scripts below share. */
const COMMON = `
umask 077
# Held for moments, by whoever looks at the lock in order to change it.
enter() {
  exec 9<${HOST_PATHS.quorate}
  flock 9
  holder= held=
  if [ -e ${HOST_PATHS.lock} ]; then read -r holder held <${HOST_PATHS.lock} || :; fi
}
# Whether an operation is an earlier one than another. Ids begin with the time of their start in milliseconds, as 48 bits
# (UUIDv7: 01e… is of 2035), but for the random one that a reset gives its run: that goes after and before any other.
earlier() {
  case $1 in 01[89a-f]*) ;; *) return 1 ;; esac
  case $2 in 01[89a-f]*) ;; *) return 1 ;; esac
  [ "$2" \\> "$1" ]
}
answer() {
  echo "$1"
  if [ -n "$holder" ]; then cat ${HOST_PATHS.lock}; fi
  exit 0
}
`

/**
 * Takes the lock if it is free or held by an earlier operation of the same owner, unless this is another machine, or
 * another cluster's.
 *
 * Arguments: owner, operation, who started it, name of the cluster, machine-id or nothing, digests that the certificate
 * of the cluster's CA may have (nothing: any), the operation as it was before it was reset (if it was not: itself).
 *
 * Prints, on the first line:
 * - `taken` | `held`: it is ours.
 * - `locked` | `newer` | `broken`: refused; then the lock, if there is one.
 * - `passed`: refused, because the operation was reset after another one had the host.
 * - `machine <id>` | `claimed <cluster>`: another machine's, another cluster's.
 * - `certificate`: the digest is unknown; then the certificate.
 */
export const ACQUIRE = `${COMMON}
owner=$1 operation=$2 starter=$3 cluster=$4 machine=$5 digests=$6 began=$7
if [ -n "$machine" ]; then
  found=
  { read -r found </etc/machine-id; } 2>/dev/null || :
  if [ "$found" != "$machine" ]; then echo "machine $found"; exit 0; fi
fi
if [ -n "$digests" ] && [ -e ${HOST_PATHS.caCertificate} ]; then
  digest=$(sha256sum <${HOST_PATHS.caCertificate})
  case " $digests " in
    *" \${digest%% *} "*) ;;
    *)
      echo certificate
      exec cat ${HOST_PATHS.caCertificate}
      ;;
  esac
fi
(umask 022 && mkdir -p ${HOST_PATHS.quorate})
enter
claim=
if [ -e ${HOST_PATHS.claim} ]; then read -r claim <${HOST_PATHS.claim} || :; fi
if [ -n "$claim" ] && [ "$claim" != "$cluster" ]; then echo "claimed $claim"; exit 0; fi
if [ -e ${BROKEN_FILE} ]; then
  while read -r whose which; do
    [ "$whose" = "$owner" ] || continue
    if [ "$operation" = "$which" ] || earlier "$operation" "$which"; then answer broken; fi
  done <${BROKEN_FILE}
fi
if [ "$began" != "$operation" ] && [ -e ${LAST_FILE} ]; then
  whose= which=
  read -r whose which <${LAST_FILE} || :
  if [ "$whose" = "$owner" ] && [ "$which" != "$began" ]; then answer passed; fi
fi
if [ "$holder" = "$owner" ]; then
  if [ "$held" = "$operation" ]; then answer held; fi
  if earlier "$operation" "$held"; then answer newer; fi
elif [ -n "$holder" ]; then
  answer locked
fi
printf "%s %s\\nstarted-by %s\\nsince %s\\n" "$owner" "$operation" "$starter" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \\
  >${HOST_PATHS.lock}.new
printf "%s %s\\n" "$owner" "$began" >${LAST_FILE}.new
sync ${HOST_PATHS.lock}.new ${LAST_FILE}.new
mv -f ${LAST_FILE}.new ${LAST_FILE}
mv -f ${HOST_PATHS.lock}.new ${HOST_PATHS.lock}
sync ${HOST_PATHS.quorate}
answer taken
`

/** Releases the lock if it is still ours, and then prints `released`. Arguments: owner, operation. */
export const RELEASE = `${COMMON}
[ -e ${HOST_PATHS.lock} ] || exit 0
enter
if [ "$holder" != "$1" ] || [ "$held" != "$2" ]; then exit 0; fi
rm -f ${HOST_PATHS.lock}
sync ${HOST_PATHS.quorate}
echo released
`

/** Like {@link RELEASE}, but against the holder's will, who cannot take the lock again. Prints `broken`. */
export const BREAK = `${COMMON}
[ -e ${HOST_PATHS.lock} ] || exit 0
enter
if [ "$holder" != "$1" ] || [ "$held" != "$2" ]; then exit 0; fi
printf "%s %s\\n" "$1" "$2" >>${BROKEN_FILE}
sync ${BROKEN_FILE} ${HOST_PATHS.quorate}
rm -f ${HOST_PATHS.lock}
sync ${HOST_PATHS.quorate}
echo broken
`

/** Prints the lock, if there is one. */
export const SHOW = `if [ -e ${HOST_PATHS.lock} ]; then exec cat ${HOST_PATHS.lock}; fi`
