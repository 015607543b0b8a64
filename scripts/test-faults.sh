#!/usr/bin/env bash
# `npm run test:faults [-- --ci] [--seeds N] [--operations NAMES] [--only CASES] [--lanes N]`: the fault sweep over
# scripted hosts (docs/faults.md).
#   --ci                what every change must pass: each group of faults once at each boundary of an apply
#   --seeds N           so many applies with two random faults each (8; 4 with --ci)
#   --operations NAMES  only operations whose names contain one of these, such as apply,remove-w1
#   --only CASES        only cases whose names contain one of these, such as apply/joinWorker/w1/after-effect; of any
#                       operation any fault at any boundary can be named, and remove-w1/ names all of them
#   --lanes N           so many clusters beside each other (three for each processor)
. "$(dirname "$0")/common.sh"

while [ $# -gt 0 ]; do
  case $1 in
    --ci)
      export QUORATE_FAULTS_CI=1
      shift
      continue
      ;;
    --seeds) export QUORATE_FAULTS_SEEDS=$2 ;;
    --only) export QUORATE_FAULTS_ONLY=$2 ;;
    --operations) export QUORATE_FAULTS_OPERATIONS=$2 ;;
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
