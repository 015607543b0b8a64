/** The script that asks a host for its facts, in one round trip; it only reads. */
import { CLAIM_FILE, OBSERVED_PACKAGES, OBSERVED_PATHS } from '../cluster/facts.js'
import { OBSERVED_SERVICES, REQUIRED_CNI_PLUGINS, REQUIRED_PROGRAMS } from '../cluster/host-details.js'
import { SYSCTLS } from '../cluster/host-prerequisites.js'
import { script, type Command } from '../ssh/index.js'

// $1: packages, $2: paths, $3: the claim's path, $4: kernel parameters, $5: programs, $6: CNI plugins, $7: services.
// Prints lines of key<TAB>value (cluster/facts.ts and cluster/host-details.ts read them). The clock comes first, so
// that nothing stands between it and the question.
const STATE = `
say() { printf '%s\\t%s\\n' "$1" "$2"; }
say clock "$(date +%s.%N)"
say machineId "$(cat /etc/machine-id 2>/dev/null || true)"
say hostname "$(uname -n)"
say architecture "$(uname -m)"
( if [ -r /etc/os-release ]; then . /etc/os-release; fi; say osId "\${ID:-}"; say osLike "\${ID_LIKE:-}"; say osName "\${PRETTY_NAME:-}" )
say initSystem "$(cat /proc/1/comm)"
say cpus "$(nproc)"
say memoryKiB "$(awk '$1=="MemTotal:"{print $2}' /proc/meminfo)"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then say cgroup 2; else say cgroup 1; fi
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

// A module counts when it is in effect, however it came to be; the machine around a container may have loaded it.
// Interfaces of pods are left out: there are many, and they say nothing of the host's own networks.
const DETAILS = `
say kernel "$(uname -r)"
if [ -r /sys/class/dmi/id/product_uuid ]; then say productUuid "$(cat /sys/class/dmi/id/product_uuid)"; fi
ip -o addr show scope global 2>/dev/null | while read -r _ interface _ address _; do
  case $interface in lo|veth*|cali*|lxc*) ;; *) say address "$interface $address" ;; esac
done
for link in /sys/class/net/*/address; do
  interface=\${link%/address}; interface=\${interface##*/}
  case $interface in lo|veth*|cali*|lxc*) ;; *) say mac "$interface $(cat "$link")" ;; esac
done
{ ip -4 route show; ip -6 route show; } 2>/dev/null | head -n 300 | while IFS= read -r line; do
  case $line in default*|fe80*|*' dev lo '*|*' dev veth'*|*' dev cali'*|*' dev lxc'*) ;; *) say route "$line" ;; esac
done
grep -qw overlay /proc/filesystems || modprobe -nq overlay 2>/dev/null || say missingModule overlay
[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || modprobe -nq br_netfilter 2>/dev/null \\
  || say missingModule br_netfilter
for pair in $4; do
  file=/proc/sys/$(echo "\${pair%%=*}" | tr . /)
  if [ -e "$file" ] && [ "$(cat "$file")" != "\${pair#*=}" ] && ! [ -w "$file" ]; then say fixedParameter "$pair"; fi
done
if systemctl is-active --quiet firewalld 2>/dev/null; then say firewall firewalld; fi
if grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf; then say firewall ufw; fi
flock --wait 0 --conflict-exit-code 0 / true 2>/dev/null || say unfitProgram flock
for name in $5; do command -v "$name" >/dev/null || say missingProgram "$name"; done
for name in $6; do [ -e "/opt/cni/bin/$name" ] || [ -e "/usr/lib/cni/$name" ] || say missingCniPlugin "$name"; done
for name in $7; do
  if systemctl is-enabled --quiet "$name" 2>/dev/null; then say enabledService "$name"; fi
done
if apt-config dump 2>/dev/null | grep -qi '^Acquire::https\\?::proxy '; then say packageProxy yes; fi
if [ -f /etc/kubernetes/pki/ca.crt ]; then echo certificate; cat /etc/kubernetes/pki/ca.crt; fi
`

/** Asks for everything that is observed of a host. */
export const FACTS_QUESTION: Command = script(
  STATE + DETAILS,
  OBSERVED_PACKAGES.join(' '),
  OBSERVED_PATHS.join(' '),
  CLAIM_FILE,
  Object.entries(SYSCTLS)
    .map(([name, value]) => `${name}=${value}`)
    .join(' '),
  REQUIRED_PROGRAMS.join(' '),
  REQUIRED_CNI_PLUGINS.join(' '),
  OBSERVED_SERVICES.join(' '),
)
