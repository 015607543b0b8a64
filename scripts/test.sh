#!/usr/bin/env bash
# `npm test`: lint, types, units, and everything against a real sshd and a real Temporal server on this machine.
# From a fresh clone it installs what it needs (npm packages, openssh-server, sudo, the Temporal CLI).
. "$(dirname "$0")/common.sh"

ensure_packages
ensure_debian_packages openssh-server openssh-client sudo
ensure_temporal
ensure_build
say 'types, rooms, what nothing uses, lint and format'
# Each uses one processor, and lint takes as long as all others together.
npm run --silent lint &
lint=$!
checked=0
for check in typecheck check:rooms check:unused format:check; do npm run --silent "$check" || checked=1; done
wait "$lint" || checked=1
[ "$checked" -eq 0 ]
say 'unit and integration tests'
mkdir -p .cache
npx vitest run --project unit --project integration --reporter default --reporter json \
  --outputFile.json=.cache/test-results.json "$@"
