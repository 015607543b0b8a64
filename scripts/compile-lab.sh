#!/usr/bin/env bash
# Compiles what the lab's first fleet needs, in the background and only while nobody else wants a processor. A fleet
# that is brought up before it is done waits for it.
. "$(dirname "$0")/common.sh"

ensure_packages
mkdir -p .cache
idle=(chrt --idle 0)
"${idle[@]}" true 2>/dev/null || idle=(nice -n 19)
setsid "${idle[@]}" npm run --silent lab -- compile "$@" >.cache/compile-lab.log 2>&1 </dev/null &
