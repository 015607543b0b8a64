#!/usr/bin/env bash
# `npm test`: lint, types, units, and everything against a real sshd and a real Temporal server on this machine.
# From a fresh clone it installs what it needs (npm packages, openssh-server, sudo, the Temporal CLI).
. "$(dirname "$0")/common.sh"

ensure_packages
ensure_debian_packages openssh-server openssh-client sudo
ensure_temporal
ensure_build
mkdir -p .cache
tests() { # PROJECT RESULTS [FILTER…]
  npx vitest run --project "$1" --passWithNoTests --reporter default --reporter json --outputFile.json=".cache/$2" "${@:3}"
}
say 'types, rooms, what nothing uses, lint and format; unit tests'
# Each uses one processor, and lint takes as long as all others together.
npm run --silent lint &
lint=$!
checked=0 tested=0
for check in typecheck check:rooms check:unused format:check; do npm run --silent "$check" || checked=1; done
tests unit unit-results.json "$@" || tested=1
wait "$lint" || checked=1
[ "$checked" -eq 0 ]
say 'integration tests'
tests integration test-results.json "$@" || tested=1
exit "$tested"
