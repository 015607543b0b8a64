#!/usr/bin/env bash
# Builds what the lab's fleets need, in the background and only while nobody else wants a processor; the arguments are
# those of `npm run lab -- build`. A fleet that is brought up before it is done waits for it.
. "$(dirname "$0")/common.sh"

ensure_packages
# Here, because two at once cannot install packages.
ensure_debian_packages debootstrap openssh-server openssh-client sudo
bash scripts/ensure-docker.sh
mkdir -p .cache
idle=(chrt --idle 0)
"${idle[@]}" true 2>/dev/null || idle=(nice -n 19)
setsid "${idle[@]}" npm run --silent lab -- build "$@" >.cache/build-lab.log 2>&1 </dev/null &
