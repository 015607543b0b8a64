#!/usr/bin/env bash
# `npm run test:security [-- file …]`: the attacks of docs/security.md against a real engine, real SSH peers and a real browser.
. "$(dirname "$0")/common.sh"

if [ "$(id -u)" -ne 0 ]; then
  echo 'the attacks come from other users of this machine, which takes root' >&2
  exit 1
fi
ensure_packages
ensure_debian_packages openssh-server openssh-client chromium
ensure_temporal
ensure_build
mkdir -p .cache
npx vitest run --project security --reporter default --reporter json --outputFile.json=.cache/security-results.json "$@"
