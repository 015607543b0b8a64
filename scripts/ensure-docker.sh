#!/usr/bin/env bash
# Sees to it that a Docker engine answers: uses the one there is, or as root installs Debian's and starts it.
#   ensure-docker.sh          start an engine if none answers
#   ensure-docker.sh --stop   stop the engine that an earlier call started by hand
set -euo pipefail

state=/run/quorate-lab-engine.pid
log=/var/log/quorate-lab-dockerd.log
patience=60

is_process() { # PID NAME: whether the process runs this program; one that has ended but is not reaped does not
  local program
  program=$(readlink "/proc/${1:-none}/exe") && [[ ${program##*/} == "$2" ]]
}

stop() {
  local pid
  pid=$(cat "$state" 2>/dev/null || true)
  if ! is_process "$pid" dockerd; then
    echo 'no engine of ours is running'
    return
  fi
  kill "$pid"
  while is_process "$pid" dockerd; do sleep 0.2; done
  rm -f "$state"
  echo "stopped the engine (pid $pid)"
}

# An engine that was killed leaves pid files, and a later process may have got one of their numbers.
remove_stale_pid_files() {
  local pair file name
  for pair in /var/run/docker.pid:dockerd /var/run/docker/containerd/containerd.pid:containerd; do
    file=${pair%:*} name=${pair#*:}
    if [[ -e $file ]] && ! is_process "$(cat "$file")" "$name"; then rm -f "$file"; fi
  done
}

start_by_hand() {
  remove_stale_pid_files
  setsid dockerd >> "$log" 2>&1 < /dev/null &
  local pid=$!
  echo "$pid" > "$state"
  for ((waited = 0; waited < patience * 5; waited++)); do
    if docker info > /dev/null 2>&1; then return; fi
    # Until it has become dockerd the process is still this script's own program.
    if ! is_process "$pid" dockerd && ! is_process "$pid" setsid && ! is_process "$pid" bash; then break; fi
    sleep 0.2
  done
  echo "dockerd has ended, or did not answer within $patience s; the end of $log:" >&2
  tail -n 20 "$log" >&2
  exit 1
}

if [[ ${1:-} == --stop ]]; then
  stop
  exit
fi
if docker info > /dev/null 2>&1; then exit; fi
if [[ $(id -u) != 0 ]]; then
  echo 'no Docker engine answers: start one, let this user talk to it, or run this as root once' >&2
  exit 1
fi
if ! command -v dockerd > /dev/null; then
  echo 'installing docker.io'
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables > /dev/null
fi
if docker info > /dev/null 2>&1; then exit; fi
if [[ -d /run/systemd/system ]]; then
  systemctl start docker
else
  echo 'starting dockerd'
  start_by_hand
fi
