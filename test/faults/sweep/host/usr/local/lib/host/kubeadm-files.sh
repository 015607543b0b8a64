# The files that the stand-in for kubeadm writes on a host: manifests, certificates and kubeconfigs. Sourced by it.
K=/etc/kubernetes
images=/usr/local/lib/host/images-$version

write() { # FILE CONTENT
  mkdir -p "${1%/*}"
  echo "$2" >"$1"
}

# Manifests and credentials that every control plane makes for itself.
control_plane_files() { # NAME…
  for name in "$@"; do
    case $name in
      admin.conf | controller-manager.conf | scheduler.conf) credentials "$name" /usr/local/lib/host/admin.conf ;;
      *.yaml) write "$K/manifests/$name" "$(manifest "${name%.yaml}")" ;;
      *.conf) write "$K/$name" "    server: https://$endpoint" ;;
      *) write "$K/pki/$name" "$name of $HOST" ;;
    esac
  done
}

manifest() { # COMPONENT
  printf '%s\n' 'kind: Pod' 'metadata:' "  name: $1-$HOST" 'spec:' '  containers:' "  - name: $1" '    command:' "    - $1"
  if [ "$1" = etcd ]; then member_arguments; else extra_arguments "$1" "${2:-$CLUSTER/objects/kubeadm-config}"; fi
  echo "    image: $(image_of "$1")"
}

# What a ClusterConfiguration gives a component on top.
extra_arguments() { # COMPONENT FILE
  case $1 in
    kube-apiserver) section=apiServer ;;
    kube-controller-manager) section=controllerManager ;;
    *) section=${1#kube-} ;;
  esac
  [ -e "$2" ] || return 0
  awk -v section="$section:" '
    /^[a-zA-Z]/ { inside = $1 == section; arguments = 0 }
    inside && /^  [a-zA-Z]/ { arguments = $1 == "extraArgs:" }
    inside && arguments && $1 == "-" && $2 == "name:" { name = $3 }
    inside && arguments && $1 == "value:" { gsub(/"/, "", $2); print "    - --" name "=" $2 }
  ' "$2"
}

# Only a join names the other members; init and upgrade name the host alone. What the record says comes on top.
member_arguments() {
  read -r own_address </etc/host-address
  printf '    - %s\n' --data-dir=/var/lib/etcd "--initial-advertise-peer-urls=https://$own_address:2380" "--name=$HOST"
  if [ -e "$CLUSTER/etcd/$HOST/learner" ]; then
    echo "    - --initial-cluster=$(ls "$CLUSTER/etcd" | sed 's/$/=https/' | paste -sd ,)"
    echo '    - --initial-cluster-state=existing'
  else
    echo "    - --initial-cluster=$HOST=https"
    if grep -qs initial-cluster-state "$CLUSTER/objects/kubeadm-config"; then echo '    - --initial-cluster-state=existing'; fi
  fi
}

image_of() { # NAME
  sed -n "s|^\(.*/\)\{0,1\}$1:|registry.k8s.io/&|p" "$images"
}

# Pairs of a certificate and its key. All hosts have the same one, which is as good as any that fits.
certificates() { # PAIR NAME…
  pair=/usr/local/lib/host/$1
  shift
  for name in "$@"; do
    mkdir -p "$K/pki/etcd"
    cp "$pair.key" "$K/pki/$name.key"
    cp "$pair.crt" "$K/pki/$name.crt"
  done
}

# A kubeconfig with the administrator's certificate, whoever it is for.
credentials() { # NAME FROM
  sed "s|server: .*|server: https://$endpoint|" "$2" >"$K/$1"
}

own_certificates() {
  certificates pair apiserver apiserver-kubelet-client front-proxy-client apiserver-etcd-client
  certificates pair etcd/server etcd/peer etcd/healthcheck-client
}

# Each in its turn, as the real one goes through them; none of them is read again by whoever has read it.
renew_certificates() {
  journal kubeadm certs renew all
  take begun
  for name in apiserver apiserver-etcd-client apiserver-kubelet-client etcd/healthcheck-client etcd/peer; do renew "$name"; done
  take half-renewed
  for name in etcd/server front-proxy-client; do renew "$name"; done
  for name in admin controller-manager scheduler; do
    credentials "$name.conf" /usr/local/lib/host/renewed.conf
    journal kubeadm renews "$name.conf"
  done
  take renewed
  echo 'Done renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd'
}

renew() { # NAME
  certificates renewed "$1"
  journal kubeadm renews "$1.crt"
}
