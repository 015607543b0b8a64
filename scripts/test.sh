#!/usr/bin/env bash
# `npm test`: lint, types, units, and everything against a real sshd and a real Temporal server on this machine.
# From a fresh clone it installs what it needs (npm packages, openssh-server, sudo, the Temporal CLI).
. "$(dirname "$0")/common.sh"

ensure_packages
ensure_debian_packages openssh-server openssh-client sudo
ensure_temporal
ensure_build
say 'types, rooms, what nothing uses, lint and format'
npm run --silent typecheck
npm run --silent check:rooms
npm run --silent check:unused
npm run --silent lint
npm run --silent format:check
say 'unit and integration tests'
mkdir -p .cache
npx vitest run --project unit --project integration --reporter default --reporter json \
  --outputFile.json=.cache/test-results.json "$@"
