#!/usr/bin/env bash
# `npm run test:e2e [-- scenario …]`: real clusters with the real kubeadm on hosts of the lab (docs/lab.md).
# A scenario is the name of a file in test/e2e, e.g. `stacked`; all of them where none is named.
# With `--ci` those that every change must pass.
# QUORATE_E2E_RESULTS is the file for the results.
# QUORATE_E2E_KEEP=1 leaves the fleet standing afterwards, and the next run takes it over.
. "$(dirname "$0")/common.sh"

CI_SCENARIOS=(preflight external-etcd rough-hosts)

if [ "${1:-}" = --ci ]; then
  shift
  set -- "${CI_SCENARIOS[@]/#/e2e/}" "$@"
fi

ensure_packages
ensure_temporal
ensure_build
mkdir -p .cache
npx vitest run --project e2e --reporter default --reporter json \
  --outputFile.json="${QUORATE_E2E_RESULTS:-.cache/e2e-results.json}" "$@"
