#!/usr/bin/env bash
# `npm run test:faults [-- --seeds N] [--only CASE] [--operations NAME] [--all yes] [--lanes N]`: the fault sweep over
# scripted hosts (docs/faults.md).
#   --seeds N    so many runs with two random faults each (8)
#   --only CASE  only cases whose name contains this, such as joinWorker/w1/after-effect
#   --operations NAME  of the operations on a running cluster only those whose names contain this, such as remove-w1
#   --all yes    for them every fault at every boundary, instead of one at each
#   --lanes N    so many clusters beside each other (three for each processor)
. "$(dirname "$0")/common.sh"

while [ $# -gt 0 ]; do
  case $1 in
    --seeds) export QUORATE_FAULTS_SEEDS=$2 ;;
    --only) export QUORATE_FAULTS_ONLY=$2 ;;
    --operations) export QUORATE_FAULTS_OPERATIONS=$2 ;;
    --all) export QUORATE_FAULTS_ALL=1 ;;
    --lanes) export QUORATE_FAULTS_LANES=$2 ;;
    *)
      sed -n 's/^#   //p' "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done

if [ "$(id -u)" -ne 0 ]; then
  echo 'the fault sweep makes hosts by namespaces and overlayfs, which takes root' >&2
  exit 1
fi
ensure_packages
ensure_debian_packages openssh-server openssh-client
ensure_temporal
ensure_build
mkdir -p .cache
npx vitest run --project faults-sweep --reporter dot --reporter json --outputFile.json=.cache/faults-sweep-results.json
