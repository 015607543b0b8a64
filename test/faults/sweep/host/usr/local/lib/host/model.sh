# Shared by the stand-ins of this host: where the model of the cluster lies, the journals, and taking time. Sourced.
#   /cluster          the model, shared by all hosts: nodes, etcd's members, API servers, tokens, objects
#   /var/lib/host     what this host alone is: packages, services, images, the configurations that were loaded
set -eu
CLUSTER=/cluster
STATE=/var/lib/host
read -r HOST </etc/hostname
. /usr/local/lib/host/etcd.sh

# One line for each mutation; a look, or a call that finds everything done, leaves none.
journal() {
  echo "$HOST $*" >>"$CLUSTER/journal"
}

# The version of Kubernetes that a package brings.
installed_version() { # PACKAGE
  read -r package <"$STATE/packages/$1"
  echo "v${package%%-*}"
}

# A call that the product never made before: the stand-in has to learn it, rather than answer at random.
unexpected() {
  echo "$HOST ${0##*/} $*" >>"$CLUSTER/unexpected"
  echo "${0##*/}: no answer is scripted for: $*" >&2
  exit 64
}

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Takes time, at a place that has a name. A test may hold a unit there: it writes hold/<host>.<step>.<place> and
# finds held/<host>.<step>.<place> when the unit has come so far, which then waits until the hold is gone.
take() {
  place=${QUORATE_UNIT:-none}
  place=$HOST.${place#quorate-????????-????-}
  place=${place%-*}.$1
  echo "$place" >>"$CLUSTER/places"
  if [ -e "$CLUSTER/hold/$place" ]; then
    : >"$CLUSTER/held/$place"
    while [ -e "$CLUSTER/hold/$place" ]; do sleep 0.05; done
  fi
  read -r pace <"$CLUSTER/pace"
  sleep "$pace"
}

# The kubelet starts the static pod of a manifest.
start_pod() { # COMPONENT
  mkdir -p "$CLUSTER/static-pods/$HOST"
  sed -n 's/^ *image: *//p' "/etc/kubernetes/manifests/$1.yaml" >"$CLUSTER/static-pods/$HOST/$1"
  end_process "$1"
  process_of "$1" >/dev/null
  case $1 in
    etcd) start_member ;;
    kube-apiserver)
      # Its version is there as soon as the file is.
      read -r image <"$CLUSTER/static-pods/$HOST/$1"
      echo "${image##*:}" >"$CLUSTER/apiserver.$HOST"
      mv "$CLUSTER/apiserver.$HOST" "$CLUSTER/apiservers/$HOST"
      until [ -e "$CLUSTER/listening/$HOST" ]; do sleep 0.02; done
      ;;
  esac
}

stop_pod() { # COMPONENT
  rm -f "$CLUSTER/static-pods/$HOST/$1"
  end_process "$1"
  case $1 in
    etcd) rm -f "$CLUSTER/etcd/$HOST/started" ;;
    kube-apiserver)
      rm -f "$CLUSTER/apiservers/$HOST"
      while [ -e "$CLUSTER/listening/$HOST" ]; do sleep 0.02; done
      ;;
  esac
}

# A kubelet that reports tells the boot that it runs in.
tell_boot() {
  if [ -e "$CLUSTER/nodes/$HOST" ]; then cat /proc/sys/kernel/random/boot_id >"$CLUSTER/nodes/$HOST/boot"; fi
}

# Prints the process of a component, whose command line is that of the manifest in place. It is started with its pod; where
# the manifest has changed since, or the process has ended, the kubelet starts another.
process_of() { # COMPONENT
  manifest=/etc/kubernetes/manifests/$1.yaml process=/run/processes/$1
  [ -e "$manifest" ] && [ -e "$CLUSTER/static-pods/$HOST/$1" ] || return 1
  command=$(sed -n "s/^ *- \\($1\\|--.*\\)\$/\\1/p" "$manifest")
  if [ ! -e "$process" ]; then
    start_process "$1"
  elif [ "$command" != "$(cat "$process")" ] || ! kill -0 "$(cat "$process.pid")" 2>/dev/null; then
    end_process "$1"
    start_process "$1"
    journal kubelet restarts "$1"
  fi
  cat "$process.pid"
}

# What it reads when it starts is kept, for it goes by that. Without a file that it is told to read it does not start.
start_process() { # COMPONENT, with $command and $process
  mkdir -p /run/processes "$CLUSTER/credentials/$HOST"
  if [ "$1" = kube-apiserver ]; then
    encryption=$(echo "$command" | sed -n 's/^--encryption-provider-config=//p')
    rm -f "$CLUSTER/encryption/$HOST"
    if [ -n "$encryption" ]; then cp "$encryption" "$CLUSTER/encryption/$HOST" || return; fi
  fi
  setsid sleep infinity </dev/null >/dev/null 2>&1 &
  echo "$command" | tr '\n' '\000' >"$process.$!"
  mount --bind "$process.$!" "/proc/$!/cmdline"
  case $1 in
    kube-controller-manager | kube-scheduler) cp "/etc/kubernetes/${1#kube-}.conf" "$CLUSTER/credentials/$HOST/$1" ;;
  esac
  echo "$!" >"$process.pid"
  echo "$command" >"$process"
}

end_process() { # COMPONENT
  if [ -e "/run/processes/$1.pid" ]; then kill "$(cat "/run/processes/$1.pid")" 2>/dev/null || :; fi
  rm -f "/run/processes/$1" "/run/processes/$1.pid"
}
