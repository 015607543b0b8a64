#!/usr/bin/env bash
# `npm run demo`: brings up real hosts on this machine and makes them a highly available cluster.
. "$(dirname "$0")/common.sh"

started=$SECONDS
ensure_packages
ensure_temporal
ensure_build
say 'bringing up the lab: 3 control planes, 2 workers, 1 load balancer'
npm run --silent lab -- up --name demo
say 'quorate apply'
node bin/quorate.js apply -f .lab/demo/cluster.yaml
say 'what stands now'
npm run --silent lab -- exec --name demo cp1 -- \
  sudo kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o wide
npm run --silent lab -- exec --name demo cp1 -- \
  sudo sh -c 'crictl exec "$(crictl ps --name ^etcd$ -q)" etcdctl --endpoints https://127.0.0.1:2379 \
    --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt \
    --key /etc/kubernetes/pki/etcd/healthcheck-client.key member list -w table'
cat <<'END'

Look further:
  node bin/quorate.js status demo                     what the run did, phase by phase
  node bin/quorate.js ui demo                         the same in Temporal's UI, every step with its time
  node bin/quorate.js apply -f .lab/demo/cluster.yaml   again: changes nothing, and says so
  npm run lab -- ssh --name demo cp1                  log in to a host
  node bin/quorate.js kubeconfig demo                 the administrator's kubeconfig
Clean up:
  npm run lab -- down --name demo && node bin/quorate.js engine stop
END
say "done in $((SECONDS - started)) s"
