/**
 * What a host still has of a cluster after `kubeadm reset`, which leaves much to the user. A table: how each thing is
 * seen, and how it is taken away. Packages, the container runtime and its configuration stay.
 */
import { REGISTRIES_FOLDER } from '../../configuration/containerd/config.js'
import { ETCD_KUBELET_UNIT } from '../../configuration/etcd/kubelet.js'
import {
  FORMER_SYSCTL_FILE,
  HEADER,
  MODULES_FILE,
  SYSCTL_FILE,
} from '../../configuration/host-prerequisites.js'
import { HAPROXY_CONFIG_FILE } from '../../configuration/load-balancer/haproxy.js'
import { KEEPALIVED_CONFIG_FILE } from '../../configuration/load-balancer/keepalived.js'
import { networkPlugin } from '../../configuration/pod-network/plugins.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { expectSuccess, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { waitUntil } from '../wait.js'

/** One thing, in shell that uses the functions and variables of {@link COMMON}. */
interface Leftover {
  /** What people call it. */
  readonly name: string
  /** It runs, or makes something run: {@link stopEverything} ends it. */
  readonly runs?: true
  /** Succeeds if it is there. */
  readonly isThere: string
  readonly remove: string
}

// Arguments: the networks of pods, then links of the pod network. Folders may be mounts, so only what is in them goes.
const COMMON = `
networks=$1
shift
has() { command -v "$1" >/dev/null 2>&1; }
holds() { [ -n "$(find "$1" -mindepth 1 ! -name lost+found -print -quit 2>/dev/null)" ]; }
holds_files() { [ -n "$(find "$1" ! -type d -print -quit 2>/dev/null)" ]; }
empty() { [ ! -d "$1" ] || find "$1" -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf -- {} +; }
links() {
  for link in "$@"; do if [ -e "/sys/class/net/$link" ]; then echo "$link"; fi; done
  for path in /sys/class/net/veth* /sys/class/net/cilium_* /sys/class/net/cali*; do
    case $path in *'*') continue ;; esac
    # Every other veth may be somebody else's: those of pods have their other end in a namespace of the CNI's.
    case \${path##*/} in
      veth*) if ip -o link show dev "\${path##*/}" | grep -q 'link-netns cni-'; then echo "\${path##*/}"; fi ;;
      *) echo "\${path##*/}" ;;
    esac
  done
}
ours() { [ -f "$1" ] && [ "$(head -n 1 -- "$1")" = '${HEADER}' ]; }
running() { ss -Hltnp | grep -Eq '\\("(kube-|kubelet"|etcd")'; }
# Not every host has crictl; ctr comes with containerd.
pods() {
  if has crictl; then crictl pods --quiet; elif has ctr; then ctr -n k8s.io tasks list -q; fi 2>/dev/null
}
stop_pods() {
  if has crictl; then
    crictl rmp --all --force
  else
    for id in $(ctr -n k8s.io tasks list -q); do ctr -n k8s.io tasks rm --force "$id"; done
    for id in $(ctr -n k8s.io containers list -q); do ctr -n k8s.io containers rm "$id"; done
  fi >/dev/null 2>&1
}
CHAINS='(KUBE-|CNI-|FLANNEL-)'
TABLES='iptables ip6tables iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy'
chained() { has "$1-save" && "$1-save" 2>/dev/null | grep -Eq "^:$CHAINS"; }
chains() { for tool in $TABLES; do if chained "$tool"; then return 0; fi; done; return 1; }
unchain() {
  for tool in $TABLES; do
    if chained "$tool"; then
      # Read to the end before anything is restored: half of the rules would lack those of others.
      rules=$("$tool-save") || continue
      printf '%s\\n' "$rules" | grep -Ev "$CHAINS|flanneld" | "$tool-restore"
    fi
  done
}
# What is mounted below a folder, the innermost first. The kernel writes blanks in octal.
mounts() { awk -v base="$(readlink -f "$1")/" 'index($2, base) == 1 { print $2 }' /proc/self/mounts | sort -r; }
unmount() {
  mounts "$1" | sed 's/\\\\\\([0-7][0-7][0-7]\\)/\\\\0\\1/g' | while read -r mount; do
    path=$(printf '%b' "$mount")
    timeout 20 umount -- "$path" || umount -l -- "$path" || true
  done
}
logins() {
  for path in ${REGISTRIES_FOLDER}/*/hosts.toml; do
    if ours "$path" && grep -q Authorization "$path"; then echo "$path"; fi
  done
}
# Routes to the pods of other nodes. The next node that gets their addresses would not be reached.
each_network() {
  for network in $networks; do
    case $network in *:*) family=-6 ;; *) family=-4 ;; esac
    ip "$family" route "$1" root "$network" 2>/dev/null || true
  done
}
namespaces() { find /run/netns -maxdepth 1 -name 'cni-*' 2>/dev/null; }
`

const file = (path: string): Leftover => ({
  name: path,
  isThere: `[ -e ${path} ]`,
  remove: `rm -f -- ${path}`,
})

const balancer = (service: string, path: string): Leftover => ({
  name: `${service} as a load balancer`,
  runs: true,
  isThere: `ours ${path}`,
  remove: `systemctl disable --quiet --now ${service} || true; rm -f -- ${path} ${HOST_PATHS.loaded}/${service}`,
})

const MARKS = [HOST_PATHS.initialised, HOST_PATHS.initBegun, HOST_PATHS.etcdIsEmpty].join(' ')

const KUBELET = '/var/lib/kubelet'

/** In the order in which they are taken away: what would bring others back goes first. */
const LEFTOVERS: readonly Leftover[] = [
  balancer('keepalived', KEEPALIVED_CONFIG_FILE.path),
  balancer('haproxy', HAPROXY_CONFIG_FILE.path),
  {
    name: 'the kubelet service',
    runs: true,
    isThere: 'systemctl is-active --quiet kubelet || systemctl is-enabled --quiet kubelet 2>/dev/null',
    remove: 'systemctl disable --quiet --now kubelet',
  },
  {
    name: 'pods',
    runs: true,
    isThere: '[ -n "$(pods)" ]',
    remove: 'stop_pods || true',
  },
  // Nothing is left to do but to wait: they end with their pods.
  { name: 'a running component of Kubernetes', runs: true, isThere: 'running', remove: ':' },
  // What is mounted there are the volumes of pods, and what they hold is not the cluster's.
  {
    name: `mounts below ${KUBELET}`,
    isThere: `[ -n "$(mounts ${KUBELET})" ]`,
    remove: `unmount ${KUBELET}`,
  },
  {
    name: '/etc/kubernetes',
    isThere: `holds_files ${HOST_PATHS.kubernetes}`,
    remove: `empty ${HOST_PATHS.kubernetes}`,
  },
  {
    name: KUBELET,
    isThere: `holds ${KUBELET}`,
    remove: `[ -n "$(mounts ${KUBELET})" ] || empty ${KUBELET}`,
  },
  { name: "etcd's data", isThere: `holds ${HOST_PATHS.etcdData}`, remove: `empty ${HOST_PATHS.etcdData}` },
  {
    name: HOST_PATHS.etcdDataGuard,
    isThere: `[ -e ${HOST_PATHS.etcdDataGuard} ]`,
    remove: `rm -f -- ${HOST_PATHS.etcdDataGuard}; systemctl daemon-reload`,
  },
  {
    name: "the kubelet's unit for etcd",
    isThere: `[ -e ${ETCD_KUBELET_UNIT} ]`,
    remove: `rm -f -- ${ETCD_KUBELET_UNIT}; systemctl daemon-reload`,
  },
  { name: '/etc/cni/net.d', isThere: 'holds_files /etc/cni/net.d', remove: 'empty /etc/cni/net.d' },
  { name: '/var/lib/cni', isThere: 'holds_files /var/lib/cni', remove: 'empty /var/lib/cni' },
  { name: '/run/flannel', isThere: 'holds_files /run/flannel', remove: 'empty /run/flannel' },
  {
    name: 'network namespaces of pods',
    isThere: '[ -n "$(namespaces)" ]',
    remove: 'for path in $(namespaces); do ip netns delete "${path##*/}" || true; done',
  },
  {
    name: 'network interfaces of pods',
    isThere: '[ -n "$(links "$@")" ]',
    remove: 'for link in $(links "$@"); do ip link delete "$link" || true; done',
  },
  {
    name: 'routes to pods',
    isThere: '[ -n "$(each_network show)" ]',
    remove: 'each_network flush',
  },
  {
    name: 'virtual servers of kube-proxy',
    isThere: '[ -e /sys/class/net/kube-ipvs0 ]',
    remove: 'if has ipvsadm; then ipvsadm --clear; fi; ip link delete kube-ipvs0',
  },
  {
    name: 'nftables of kube-proxy',
    isThere: 'has nft && nft list tables 2>/dev/null | grep -Eq "^table ip6? kube-proxy$"',
    remove: 'for family in ip ip6; do nft delete table "$family" kube-proxy 2>/dev/null || true; done',
  },
  { name: 'chains of iptables', isThere: 'chains', remove: 'unchain' },
  {
    name: 'packages on hold',
    isThere: "has apt-mark && apt-mark showhold | grep -Eqx 'kubeadm|kubelet|kubectl'",
    remove: 'apt-mark unhold kubeadm kubelet kubectl >/dev/null',
  },
  {
    name: 'passwords of registries',
    isThere: '[ -n "$(logins)" ]',
    remove: 'logins | while read -r path; do rm -f -- "$path"; done',
  },
  ...[MODULES_FILE.path, SYSCTL_FILE.path, FORMER_SYSCTL_FILE].map(file),
  {
    name: 'marks of an init',
    isThere: `[ -n "$(ls -d ${MARKS} 2>/dev/null)" ]`,
    remove: `rm -f -- ${MARKS}`,
  },
]

const RUNNING = LEFTOVERS.filter(({ runs }) => runs === true)

const look = (things: readonly Leftover[]) => `${COMMON}
${things.map(({ name, isThere }) => `if ${isThere}; then echo ${quoted(name)}; fi`).join('\n')}
exit 0`

const clean = (things: readonly Leftover[]) => `${COMMON}
${things.map(({ isThere, remove }) => `if ${isThere}; then { ${remove}; } || true; fi`).join('\n')}
exit 0`

function quoted(words: string): string {
  return `'${words.replaceAll("'", `'\\''`)}'`
}

/** How long components may take to end once their pods are gone. */
const ENDING_MS = 30_000

/** The names of what the host still has of a cluster; empty for a host that could join any. */
export function leftovers(context: HostContext): Promise<readonly string[]> {
  return find(context, LEFTOVERS)
}

/**
 * Takes away what `kubeadm reset` leaves, and looks again.
 * @throws QuorateError `RESET_INCOMPLETE`, with everything that is still there.
 */
export async function removeLeftovers(context: HostContext): Promise<void> {
  await takeAway(context, LEFTOVERS, 'reset')
}

/**
 * Stops everything of a cluster that runs on the host, so that it starts again neither by itself nor at boot. Deletes no
 * data; the configuration of a load balancer goes.
 * @returns the names of what ran.
 * @throws QuorateError `RESET_INCOMPLETE`, with everything that still runs.
 */
export async function stopEverything(context: HostContext): Promise<readonly string[]> {
  const found = await find(context, RUNNING)
  if (found.length > 0) await takeAway(context, RUNNING, 'stop')
  return found
}

async function find(context: HostContext, things: readonly Leftover[]): Promise<readonly string[]> {
  const looked = await context.session.run(script(look(things), ...argumentsFor(context)), { root: true })
  expectSuccess(looked, 'looking for leftovers of the cluster', context.host)
  return looked.stdout.split('\n').filter((line) => line !== '')
}

async function takeAway(context: HostContext, things: readonly Leftover[], step: string): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const cleaned = await context.session.run(script(clean(things), ...argumentsFor(context)), {
        root: true,
        timeoutMs: 120_000,
      })
      expectSuccess(cleaned, 'taking away leftovers of the cluster', context.host)
      const left = await find(context, things)
      return left.length === 0 ? undefined : `still there: ${left.join(', ')}`
    },
    (reason) => context.error('RESET_INCOMPLETE', reason, { step }),
    { timeoutMs: Math.min(ENDING_MS, context.patience.components), intervalMs: 2_000 },
  )
}

function argumentsFor({ cluster }: HostContext): readonly string[] {
  const networks = cluster.kubernetes.networking.podSubnet.split(',').map((network) => network.trim())
  return [networks.join(' '), ...networkPlugin(cluster).links]
}
