#!/usr/bin/env bash
# `npm run test:e2e:faults [-- scenario …]`: faults in the lab with the real kubeadm (docs/faults.md).
# A scenario is the name of a file in test/faults/lab, e.g. `reboot-cp2`; all of them where none is named, and with
# `--ci` those that every change must pass. All work on one fleet, and each takes over the cluster that the one before
# left. QUORATE_E2E_KEEP=1 leaves the fleet standing afterwards.
. "$(dirname "$0")/common.sh"

# The sweep kills the server, too.
CI_SCENARIOS=(worker-kills reboot-cp2)

if [ "${1:-}" = --ci ]; then
  shift
  set -- "${CI_SCENARIOS[@]/#/test/faults/lab/}" "$@"
fi

ensure_packages
ensure_temporal
ensure_build
mkdir -p .cache
failed=0
QUORATE_E2E_KEEP=1 npx vitest run --project faults-lab --reporter default --reporter json \
  --outputFile.json=.cache/faults-lab-results.json "$@" || failed=1
if [ "${QUORATE_E2E_KEEP:-}" != 1 ]; then npm run --silent lab -- down --name faults || failed=1; fi
exit "$failed"
