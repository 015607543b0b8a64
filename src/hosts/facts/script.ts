/** The script that asks a host for its facts, in one round trip; it only reads. */
import { OBSERVED_PACKAGES, OBSERVED_PATHS } from '../../facts/facts.js'
import { REGISTRIES_FOLDER } from '../../configuration/containerd/config.js'
import { managedPaths, MANAGED_SERVICES } from '../../facts/host-configuration.js'
import { DATA_FOLDERS, OBSERVED_PROGRAMS, REQUIRED_CNI_PLUGINS } from '../../facts/host-details.js'
import { HEADER, SYSCTLS } from '../../configuration/host-prerequisites.js'
import type { Cluster } from '../../cluster/model.js'
import { SWAP_SERVICES } from '../../facts/swap.js'
import { script, type Command } from '../../ssh/index.js'
import { SWAP_AT_BOOT } from '../system/swap.js'
import { HAS_ETCD_DATA } from '../etcd/data.js'
import { LIST_BOOT } from './boot.js'
import { LIST_CERTIFICATES } from './certificates.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

// What to ask for comes as arguments. Each is a list of words, except that the paths that Quorate writes come as lines.
const ARGUMENTS = `
packages=$1 paths=$2 claim=$3 lock=$4 parameters=$5 programs=$6 plugins=$7 services=$8 swap_services=$9
shift 9
data_folders=$1 managed=$2 header=$3 registries=$4 loaded_folder=$5
`

// Prints lines of key<TAB>value (facts/facts.ts and facts/host-details.ts read them). The clock comes first, so that
// nothing delays its reading. An os-release with mistakes must not end the script: what it lacks is then unknown.
const STATE = `${HAS_ETCD_DATA}
say() { printf '%s\\t%s\\n' "$1" "$2"; }
say clock "$(date +%s.%N)"
say machineId "$(cat /etc/machine-id 2>/dev/null || true)"
say hostname "$(uname -n)"
say architecture "$(uname -m)"
( set +eu; if [ -r /etc/os-release ]; then . /etc/os-release; fi; say osId "\${ID:-}"; say osLike "\${ID_LIKE:-}"; say osName "\${PRETTY_NAME:-}" ) || true
say initSystem "$(cat /proc/1/comm)"
say cpus "$(nproc)"
say memoryKiB "$(awk '$1=="MemTotal:"{print $2}' /proc/meminfo)"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then say cgroup 2; else say cgroup 1; fi
say swaps "$(tail -n +2 /proc/swaps | wc -l)"
say freeKiB "$(df -Pk /var/lib | awk 'END{print $4}')"
for name in $packages; do
  version=$(dpkg-query -W -f '\${db:Status-Want} \${db:Status-Status} \${Version}' "$name" 2>/dev/null || true)
  case $version in
    *" installed "*) say package "$name \${version##* }" ;;
    *) version=$(rpm -q --qf '%{VERSION}-%{RELEASE}' "$name" 2>/dev/null) && say package "$name $version" || true ;;
  esac
  case $version in "hold "*) say heldPackage "$name" ;; esac
done
ss -Hltnp 2>/dev/null | while IFS= read -r line; do say listener "$line"; done
is_there() { if [ "$1" = ${HOST_PATHS.etcdMember} ]; then has_etcd_data; else [ -e "$1" ]; fi; }
for path in $paths; do if is_there "$path"; then say path "$path"; fi; done
if [ -f "$claim" ]; then say claimedBy "$(cat "$claim")"; fi
if [ -e "$lock" ]; then say held yes; fi
for conf in ${HOST_PATHS.adminConf} ${HOST_PATHS.kubeletConf}; do
  if [ -f "$conf" ]; then say apiServer "$(awk '$1=="server:"{print $2; exit}' "$conf")"; break; fi
done
`

/** kubeadm's own document has 1 KB; a longer one is cut off, and is then no longer valid. */
const MAX_KUBELET_DOCUMENT_BYTES = 16_384

// Each program is started once for all files, and once for all services. Each unit is on one line: Id=… ActiveState=….
const CONFIGURATION = `
regular() { while IFS= read -r path; do if [ -f "$path" ] && [ ! -L "$path" ]; then printf '%s\\0' "$path"; fi; done; }
files() { { printf '%s\\n' "$managed"; grep -lsxF -- "$header" "$registries"/*/hosts.toml || true; } | sort -u | regular; }
files | xargs -0r stat -c '%a %U:%G %n' 2>/dev/null | while IFS= read -r line; do say fileMode "$line"; done
files | xargs -0r sha256sum 2>/dev/null | while read -r digest path; do say fileDigest "$digest $path"; done
for file in "$loaded_folder"/*; do
  if [ -f "$file" ]; then read -r digest _ <"$file" && say loaded "\${file##*/} $digest" || true; fi
done
units=$(systemctl show --property=Id,ActiveState,UnitFileState,MainPID -- $services 2>/dev/null \\
  | awk 'BEGIN { RS = "" } { gsub(/\\n/, " "); print }' || true)
printf '%s\\n' "$units" | while IFS= read -r unit; do if [ -n "$unit" ]; then say unit "$unit"; fi; done
pid=$(printf '%s\\n' "$units" | sed -n '/Id=kubelet\\.service/s/.*MainPID=\\([0-9]*\\).*/\\1/p')
if [ "\${pid:-0}" != 0 ] && [ -r "/proc/$pid/cmdline" ]; then
  kubelet_config=$(tr '\\0' '\\n' <"/proc/$pid/cmdline" | sed -n 's/^--config=//p')
  say kubeletConfiguration "$kubelet_config"
  if [ -f "$kubelet_config" ]; then
    say kubeletDocument "$(head -c ${MAX_KUBELET_DOCUMENT_BYTES} "$kubelet_config" | base64 | tr -d '\\n')"
  fi
fi
if command -v containerd >/dev/null; then say containerdVersion "$(containerd --version 2>/dev/null || true)"; fi
`

/** Prints a line for each address of the host: the interface and the address. Those of pods are left out. */
export const LIST_ADDRESSES = `ip -o addr show scope global 2>/dev/null | while read -r _ interface _ address _; do
  case $interface in lo|veth*|cali*|lxc*) ;; *) echo "$interface $address" ;; esac
done`

// A module counts if it is in effect, however that came about: for a container, the machine around it may have loaded
// it. Interfaces of pods are left out: there are many, and they say nothing about the host's own networks.
const DETAILS = `
manifest=${HOST_PATHS.apiServerManifest}
say kernel "$(uname -r)"
${LIST_BOOT}if [ -r /sys/class/dmi/id/product_uuid ]; then say productUuid "$(cat /sys/class/dmi/id/product_uuid)"; fi
{ ${LIST_ADDRESSES}; } | while IFS= read -r line; do say address "$line"; done
for link in /sys/class/net/*/address; do
  interface=\${link%/address}; interface=\${interface##*/}
  case $interface in lo|veth*|cali*|lxc*) ;; *) say mac "$interface $(cat "$link")" ;; esac
done
{ ip -4 route show; ip -6 route show; } 2>/dev/null | head -n 300 | while IFS= read -r line; do
  case $line in default*|fe80*|*' dev lo '*|*' dev veth'*|*' dev cali'*|*' dev lxc'*) ;; *) say route "$line" ;; esac
done
module() { # NAME, and what tells that it is in effect
  name=$1; shift
  if "$@"; then say module "$name"; else modprobe -nq "$name" 2>/dev/null || say missingModule "$name"; fi
}
module overlay grep -qw overlay /proc/filesystems
module br_netfilter test -e /proc/sys/net/bridge/bridge-nf-call-iptables
for pair in $parameters; do
  file=/proc/sys/$(echo "\${pair%%=*}" | tr . /)
  [ -e "$file" ] || continue
  value=$(cat "$file")
  say parameter "\${pair%%=*} $value"
  if [ "$value" != "\${pair#*=}" ] && ! [ -w "$file" ]; then say fixedParameter "$pair"; fi
done
if systemctl is-active --quiet firewalld 2>/dev/null; then say firewall firewalld; fi
if grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf; then say firewall ufw; fi
flock --wait 0 --conflict-exit-code 0 / true 2>/dev/null || say unfitProgram flock
for name in $programs; do command -v "$name" >/dev/null || say missingProgram "$name"; done
for name in $plugins; do
  if [ -e "/opt/cni/bin/$name" ]; then continue; fi
  if [ -e "/usr/lib/cni/$name" ]; then say unlinkedCniPlugin "$name"; else say missingCniPlugin "$name"; fi
done
${SWAP_AT_BOOT}
swap_at_boot $swap_services | while IFS= read -r source; do say swapAtBoot "$source"; done
for path in $data_folders; do
  there=$path
  until [ -e "$there" ]; do there=\${there%/*}; there=\${there:-/}; done
  say dataFolder "$path $(df -Pk "$there" | awk 'END{print $4, $6}')"
done
for file in /etc/cni/net.d/*; do
  case $file in *.conf|*.conflist|*.json) [ ! -e "$file" ] || say podNetwork "$file" ;; esac
done
config=/etc/containerd/config.toml
if [ -f "$config" ] && ! head -n 1 "$config" | grep -q '^# Written by Quorate'; then
  shipped=$(dpkg-query -W -f '\${Conffiles}\n' containerd containerd.io 2>/dev/null \\
    | awk -v file="$config" '$1 == file { print $2; exit }')
  [ "$(md5sum <"$config" | cut -d ' ' -f 1)" = "$shipped" ] || say foreignContainerdConfig yes
fi
if apt-config dump 2>/dev/null | grep -qi '^Acquire::https\\?::proxy '; then say packageProxy yes; fi
if [ -f "$manifest" ]; then
  in_manifest() { sed -n "s/^ *$1//p" "$manifest" | head -n 1; }
  say etcdServers "$(in_manifest '- --etcd-servers=')"
  say apiServerPort "$(in_manifest '- --secure-port=')"
  say apiServerImage "$(in_manifest 'image: ')"
fi
${LIST_CERTIFICATES}if [ -f ${HOST_PATHS.caCertificate} ]; then echo certificate; cat ${HOST_PATHS.caCertificate}; fi
`

/** Asks for everything that is observed of a host of the cluster. */
export function factsQuestion(cluster: Cluster): Command {
  return script(
    ARGUMENTS + STATE + CONFIGURATION + DETAILS,
    OBSERVED_PACKAGES.join(' '),
    OBSERVED_PATHS.join(' '),
    HOST_PATHS.claim,
    HOST_PATHS.lock,
    Object.entries(SYSCTLS)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    OBSERVED_PROGRAMS.join(' '),
    REQUIRED_CNI_PLUGINS.join(' '),
    MANAGED_SERVICES.map((name) => `${name}.service`).join(' '),
    SWAP_SERVICES.join(' '),
    DATA_FOLDERS.join(' '),
    managedPaths(cluster).join('\n'),
    HEADER,
    REGISTRIES_FOLDER,
    HOST_PATHS.loaded,
  )
}
