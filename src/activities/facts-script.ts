/** The script that asks a host for its facts, in one round trip; it only reads. */
import { CLAIM_FILE, OBSERVED_PACKAGES, OBSERVED_PATHS } from '../cluster/facts.js'
import { LOADED_FOLDER, managedPaths, MANAGED_SERVICES } from '../cluster/host-configuration.js'
import { REQUIRED_CNI_PLUGINS, REQUIRED_PROGRAMS } from '../cluster/host-details.js'
import { HEADER, SYSCTLS } from '../cluster/host-prerequisites.js'
import type { Cluster } from '../cluster/model.js'
import { REGISTRIES_FOLDER } from '../cluster/containerd/config.js'
import { script, type Command } from '../ssh/index.js'

// $1: packages, $2: paths, $3: the claim's path, $4: kernel parameters, $5: programs, $6: CNI plugins, $7: services,
// $8: configuration files, one a line, $9: the line by which Quorate's own are known, ${10}: the folder of registries,
// ${11}: the folder of loaded configurations.
// Prints lines of key<TAB>value (cluster/facts.ts and cluster/host-details.ts read them). The clock comes first, so
// that nothing stands between it and the question.
const STATE = `
say() { printf '%s\\t%s\\n' "$1" "$2"; }
say clockMs "$(date +%s%3N)"
say machineId "$(cat /etc/machine-id 2>/dev/null || true)"
say hostname "$(uname -n)"
say architecture "$(uname -m)"
( . /etc/os-release; say osId "\${ID:-}"; say osLike "\${ID_LIKE:-}"; say osName "\${PRETTY_NAME:-}" )
say initSystem "$(cat /proc/1/comm)"
say cpus "$(nproc)"
say memoryKiB "$(awk '$1=="MemTotal:"{print $2}' /proc/meminfo)"
say cgroup "$(stat -fc %T /sys/fs/cgroup)"
say swaps "$(tail -n +2 /proc/swaps | wc -l)"
say freeKiB "$(df -Pk /var/lib | awk 'END{print $4}')"
for name in $1; do
  version=$(dpkg-query -W -f '\${db:Status-Want} \${db:Status-Status} \${Version}' "$name" 2>/dev/null || true)
  case $version in
    *" installed "*) say package "$name \${version##* }" ;;
    *) version=$(rpm -q --qf '%{VERSION}-%{RELEASE}' "$name" 2>/dev/null) && say package "$name $version" || true ;;
  esac
  case $version in "hold "*) say heldPackage "$name" ;; esac
done
ss -Hltnp 2>/dev/null | while IFS= read -r line; do say listener "$line"; done
for path in $2; do if [ -e "$path" ]; then say path "$path"; fi; done
if [ -f "$3" ]; then say claimedBy "$(cat "$3")"; fi
for conf in /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf; do
  if [ -f "$conf" ]; then say apiServer "$(awk '$1=="server:"{print $2; exit}' "$conf")"; break; fi
done
`

// Each program is started once for all files, and once for all services. A unit is in one line: Id=… ActiveState=….
const CONFIGURATION = `
regular() { while IFS= read -r path; do if [ -f "$path" ] && [ ! -L "$path" ]; then printf '%s\\0' "$path"; fi; done; }
files() { { printf '%s\\n' "$8"; grep -lsxF -- "$9" "\${10}"/*/hosts.toml || true; } | sort -u | regular; }
files "$@" | xargs -0r stat -c '%a %U:%G %n' 2>/dev/null | while IFS= read -r line; do say fileMode "$line"; done
files "$@" | xargs -0r sha256sum 2>/dev/null | while read -r digest path; do say fileDigest "$digest $path"; done
for file in "\${11}"/*; do
  if [ -f "$file" ]; then read -r digest _ <"$file" && say loaded "\${file##*/} $digest" || true; fi
done
units=$(systemctl show --property=Id,ActiveState,UnitFileState,MainPID -- $7 2>/dev/null \\
  | awk 'BEGIN { RS = "" } { gsub(/\\n/, " "); print }' || true)
printf '%s\\n' "$units" | while IFS= read -r unit; do if [ -n "$unit" ]; then say unit "$unit"; fi; done
pid=$(printf '%s\\n' "$units" | sed -n '/Id=kubelet\\.service/s/.*MainPID=\\([0-9]*\\).*/\\1/p')
if [ "\${pid:-0}" != 0 ] && [ -r "/proc/$pid/cmdline" ]; then
  say kubeletConfiguration "$(tr '\\0' '\\n' <"/proc/$pid/cmdline" | sed -n 's/^--config=//p')"
fi
if command -v containerd >/dev/null; then say containerdVersion "$(containerd --version 2>/dev/null || true)"; fi
`

/** Prints a line for each address of the host: the interface and the address. Those of pods are left out. */
export const LIST_ADDRESSES = `ip -o addr show scope global 2>/dev/null | while read -r _ interface _ address _; do
  case $interface in lo|veth*|cali*|lxc*) ;; *) echo "$interface $address" ;; esac
done`

// A module counts when it is in effect, however it came to be; the machine around a container may have loaded it.
// Interfaces of pods are left out: there are many, and they say nothing of the host's own networks.
const DETAILS = `
say kernel "$(uname -r)"
if [ -r /sys/class/dmi/id/product_uuid ]; then say productUuid "$(cat /sys/class/dmi/id/product_uuid)"; fi
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
for pair in $4; do
  file=/proc/sys/$(echo "\${pair%%=*}" | tr . /)
  [ -e "$file" ] || continue
  value=$(cat "$file")
  say parameter "\${pair%%=*} $value"
  if [ "$value" != "\${pair#*=}" ] && ! [ -w "$file" ]; then say fixedParameter "$pair"; fi
done
if systemctl is-active --quiet firewalld 2>/dev/null; then say firewall firewalld; fi
if grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf; then say firewall ufw; fi
for name in $5; do command -v "$name" >/dev/null || say missingProgram "$name"; done
for name in $6; do [ -e "/opt/cni/bin/$name" ] || [ -e "/usr/lib/cni/$name" ] || say missingCniPlugin "$name"; done
if apt-config dump 2>/dev/null | grep -qi '^Acquire::https\\?::proxy '; then say packageProxy yes; fi
if [ -f /etc/kubernetes/pki/ca.crt ]; then echo certificate; cat /etc/kubernetes/pki/ca.crt; fi
`

/** Asks for everything that is observed of a host of the cluster. */
export function factsQuestion(cluster: Cluster): Command {
  return script(
    STATE + CONFIGURATION + DETAILS,
    OBSERVED_PACKAGES.join(' '),
    OBSERVED_PATHS.join(' '),
    CLAIM_FILE,
    Object.entries(SYSCTLS)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    REQUIRED_PROGRAMS.join(' '),
    REQUIRED_CNI_PLUGINS.join(' '),
    MANAGED_SERVICES.map((name) => `${name}.service`).join(' '),
    managedPaths(cluster).join('\n'),
    HEADER,
    REGISTRIES_FOLDER,
    LOADED_FOLDER,
  )
}
