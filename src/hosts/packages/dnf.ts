/**
 * dnf 4 and dnf 5 on a host. It was tried with stand-ins that say what both say, never on such a machine; preflight
 * refuses to install with it (configuration/package-managers/dnf.ts).
 */
import { DNF_REPOSITORY } from '../../configuration/package-managers/dnf.js'
import { script } from '../../ssh/index.js'
import { CHOOSE, explainLacking, INSTALL_STATUS, START } from './install-script.js'
import type { PackageManager } from './package-manager.js'

/** What dnf says of a signature: of a repository's (librepo, in both), of a package's (4, then 5). */
const BAD_SIGNATURE =
  'GPG signature verification error|GPG check FAILED|Public key for .* is not installed|OpenPGP check for package .* has failed'

/**
 * `disable_excludes` is what dnf 4 calls `--disableexcludes` as well, an option that dnf 5 has no more: for this command
 * the held packages of our repository are not excluded. dnf waits for its own lock by itself; only rpm's is waited for
 * here. repoquery exits with 0 when it finds nothing.
 */
const INSTALL = `
export LC_ALL=C
lock_words='transaction lock' stale_words='Failed to download metadata|Cannot download'
${START}
dnf="dnf -y --setopt=disable_excludes=${DNF_REPOSITORY}"
updated=0
patiently quietly $dnf makecache --refresh || updated=$?
cat "$said/text"
cp "$said/text" "$said/update"
if [ -n "$repository" ] && grep -qE '${BAD_SIGNATURE}' "$said/update"; then exit ${INSTALL_STATUS.badSignature}; fi
if [ "$updated" != 0 ]; then exit "$updated"; fi

has() { # NAME or NAME-PATTERN
  [ -n "$($dnf -q repoquery "$1")" ]
}
${CHOOSE}
installed=0
patiently loudly $dnf --setopt=install_weak_deps=False \${fetch:-} install $chosen || installed=$?
if [ "$installed" != 0 ] && grep -qE '${BAD_SIGNATURE}' "$said/text"; then exit ${INSTALL_STATUS.badSignature}; fi
exit "$installed"`

// What the packages once brought along stays, as apt leaves it.
const REMOVE = `
export LC_ALL=C
lock_words='transaction lock' stale_words=
${START}
patiently loudly dnf -y --setopt=disable_excludes=${DNF_REPOSITORY} --setopt=clean_requirements_on_remove=False \\
  remove "$@"`

/**
 * `check-update` ends with 100 if there are any, and lists them as `NAME.ARCHITECTURE VERSION REPOSITORY`, before those that
 * others would replace.
 */
const LIST_UPDATES = `
export LC_ALL=C
lock_words='transaction lock' stale_words='Failed to download metadata|Cannot download'
${START}
patiently quietly dnf -y makecache --refresh || { cat "$said/text" >&2; exit 1; }
say() { printf '%s\\t%s\\n' "$1" "$2"; }
stale=$(grep -m 1 -E "$stale_words" "$said/text" || true)
if [ -n "$stale" ]; then say stale "$stale"; fi
# [OPTION]
updates() {
  code=0
  dnf -q check-update "$@" >"$said/updates" 2>"$said/text" || code=$?
  if [ "$code" != 0 ] && [ "$code" != 100 ]; then cat "$said/text" >&2; exit "$code"; fi
  awk '/^Obsoleting/ { exit } NF == 3 { sub(/\\.[^.]*$/, "", $1); print $1, $2 }' "$said/updates"
}
updates --security >"$said/security"
updates >"$said/all"
while read -r name version; do
  kind=other
  if grep -qxF "$name $version" "$said/security"; then kind=security; fi
  old=$(rpm -q --qf '%{VERSION}-%{RELEASE} ' "$name" 2>/dev/null | cut -d' ' -f1 || true)
  say update "$name $kind $version $old"
done <"$said/all"`

// Replaces and removes no package.
const UPDATE = `
export LC_ALL=C
lock_words='transaction lock' stale_words=
${START}
for name in $hold; do exclude="\${exclude:-} --exclude=$name"; done
patiently loudly dnf -y --setopt=obsoletes=False \${exclude:-} upgrade`

const FETCH_ONLY = 'fetch=--downloadonly\n'

// dnf needs libcurl, and every such system has its program as well; dnf's own proxy counts.
const FETCH = `
mkdir -p "$(dirname "$2")"
proxy=$(sed -n 's/^ *proxy *= *//p' /etc/dnf/dnf.conf 2>/dev/null | head -n 1)
curl -fsSL --retry 3 \${proxy:+--proxy "$proxy"} -o "$2.new" "$1"
chmod 644 "$2.new"
mv "$2.new" "$2"`

const INSTALLED = `for name in "$@"; do
  rpm -q --qf 'installed %{NAME} %{VERSION}-%{RELEASE}\\n' "$name" 2>/dev/null || true
done`

export const dnf: PackageManager = {
  program: 'dnf',
  installed: (names) => script(INSTALLED, ...names),
  // What is held is excluded in the repository's file.
  install: ({ repository = '', choices, fetchOnly }) =>
    script(fetchOnly === true ? FETCH_ONLY + INSTALL : INSTALL, repository, '', ...choices),
  remove: (names) => script(REMOVE, '', '', ...names),
  listUpdates: () => script(LIST_UPDATES, '', ''),
  update: (held) => script(UPDATE, '', held.join(' ')),
  pinned: (name, version) => `${name}-${version}`,
  fetch: (url, path) => script(FETCH, url, path),
  explain: (exitCode, output) => {
    if (exitCode === INSTALL_STATUS.badSignature) {
      const words = new RegExp(`^.*(?:${BAD_SIGNATURE}).*$`, 'm').exec(output)?.[0].trim() ?? ''
      return { kind: 'bad-signature', words }
    }
    if (exitCode === INSTALL_STATUS.lacking) return explainLacking(output)
    const unmet = /nothing provides (.+?) needed by (\S+)/.exec(output)
    if (unmet === null) return undefined
    const [, dependency = '', name = ''] = unmet
    return { kind: 'unmet', name, dependency }
  },
}
