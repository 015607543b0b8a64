/** apt on a host: patient with locks, exact about what no repository has. */
import { script } from '../../ssh/index.js'
import { CHOOSE, explainLacking, INSTALL_STATUS, LOCK_TIMEOUT_S, START } from './install-script.js'
import type { PackageManager } from './package-manager.js'

/**
 * Ubuntu has needrestart restart services after each installation without asking. It is suspended here: on a node that
 * serves, nothing is restarted that the plan has not named, and this very unit runs apt.
 *
 * The script waits for locks rather than fighting over them: dpkg cannot wait, and apt waits for dpkg's locks, but not
 * for those of its lists and its archives. An installation that was cut off in the middle is finished first. apt-get
 * update exits with 0 even if lists could not be fetched, so its output decides whether a package is missing.
 */
const PREPARE = `
export DEBIAN_FRONTEND=noninteractive LC_ALL=C NEEDRESTART_SUSPEND=1
lock_words='locked by another process|ould not get lock' stale_words='Failed to fetch'
${START}
apt="apt-get -q -o DPkg::Lock::Timeout=${LOCK_TIMEOUT_S} -o Acquire::Retries=3"
`

/** An installation that was cut off asks about configuration files when it is finished, and nobody answers. */
const CONFIGURE = 'dpkg --force-confdef --force-confold --configure -a'

const BEGIN = `${PREPARE}
if ! patiently quietly ${CONFIGURE}; then cat "$said/text" >&2; exit 1; fi
`

const INSTALL = `${BEGIN}updated=0
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
${CHOOSE}
patiently loudly $apt -y -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \\
  --no-install-recommends --allow-change-held-packages \${fetch:-} install $chosen
if [ -n "$hold" ]; then apt-mark hold $hold; fi`

// Configuration goes as well: the next cluster brings its own.
const REMOVE = `${BEGIN}
patiently loudly $apt -y -o Dpkg::Use-Pty=0 --allow-change-held-packages purge "$@"`

/** Never removes a package. What an update would replace or remove others for is kept back. */
const UPGRADE = `$apt -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \\
  -o APT::Get::Upgrade-Allow-New=true`

/**
 * apt-get(8) prints of each package what it would do, as `Inst NAME [OLD] (NEW ARCHIVE, … [ARCHITECTURE])`. Archives with
 * fixes of security end with `-security`, of Debian, Ubuntu and their derivatives alike.
 */
const LIST_UPDATES = `${PREPARE}
patiently quietly $apt update || { cat "$said/text" >&2; exit 1; }
say() { printf '%s\\t%s\\n' "$1" "$2"; }
stale=$(grep -m 1 -E "$stale_words" "$said/text" || true)
if [ -n "$stale" ]; then say stale "$stale"; fi
if [ -n "$(dpkg --audit)" ]; then say interrupted yes; fi
${UPGRADE} -s upgrade >"$said/plan"
awk '
  /^Inst / {
    old = ""; new = $3
    if ($3 ~ /^\\[/) { old = substr($3, 2, length($3) - 2); new = $4 }
    printf "update\\t%s %s %s %s\\n", $2, (/-[Ss]ecurity/ ? "security" : "other"), substr(new, 2), old
  }
  /^The following (packages have been kept back|upgrades have been deferred)/ { kept = 1; next }
  !/^ / { kept = 0 }
  kept { for (i = 1; i <= NF; i++) printf "kept\\t%s\\n", $i }
' "$said/plan"`

// What a power cut has left half installed may need others first, which configuring alone does not install.
const UPDATE = `${PREPARE}
patiently quietly ${CONFIGURE} || patiently loudly ${UPGRADE} -y --no-remove --fix-broken install
if [ -n "$hold" ]; then patiently quietly apt-mark hold $hold || { cat "$said/text" >&2; exit 1; }; fi
patiently loudly ${UPGRADE} -y upgrade`

const FETCH_ONLY = 'fetch=--download-only\n'

// A bare host has no curl, but apt brings a downloader that uses apt's own proxy settings and CA certificates.
const FETCH = `
mkdir -p "$(dirname "$2")"
rm -f "$2.new"
/usr/lib/apt/apt-helper download-file "$1" "$2.new"
chmod 644 "$2.new"
mv "$2.new" "$2"`

const INSTALLED = `for name in "$@"; do
  dpkg-query -W -f '\${db:Status-Status} \${Package} \${Version}\\n' "$name" 2>/dev/null || true
done`

export const apt: PackageManager = {
  program: 'apt-get',
  installed: (names) => script(INSTALLED, ...names),
  install: ({ repository = '', hold, choices, fetchOnly }) =>
    fetchOnly === true
      ? script(FETCH_ONLY + INSTALL, repository, '', ...choices)
      : script(INSTALL, repository, hold.join(' '), ...choices),
  remove: (names) => script(REMOVE, '', '', ...names),
  listUpdates: () => script(LIST_UPDATES, '', ''),
  update: (held) => script(UPDATE, '', held.join(' ')),
  pinned: (name, version) => `${name}=${version}`,
  fetch: (url, path) => script(FETCH, url, path),
  explain: (exitCode, output) => {
    if (exitCode === INSTALL_STATUS.badSignature) {
      const words =
        /^(?:W|E|Err).*(?:signature|not signed|EXPKEYSIG|NO_PUBKEY|sqv).*$/m.exec(output)?.[0] ?? ''
      return { kind: 'bad-signature', words }
    }
    if (exitCode === INSTALL_STATUS.lacking) return explainLacking(output)
    const unmet = /^ *(\S+) : Depends: (.+?) but it is not installable/m.exec(output)
    if (unmet === null) return undefined
    const [, name = '', dependency = ''] = unmet
    return { kind: 'unmet', name, dependency }
  },
}
