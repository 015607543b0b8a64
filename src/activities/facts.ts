/** Gathers a host's facts: one question, one round trip, nothing changed. */
import {
  CLAIM_FILE,
  OBSERVED_PACKAGES,
  OBSERVED_PATHS,
  parseFacts,
  type HostFacts,
} from '../cluster/facts.js'
import { expectSuccess, script, type Session } from '../ssh/index.js'
import { hashCaCertificate } from './pki.js'

// $1: packages, $2: paths, $3: the claim's path. Prints lines of key<TAB>value (cluster/facts.ts reads them).
const FACTS_SCRIPT = `
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
  version=$(dpkg-query -W -f '\${db:Status-Status} \${Version}' "$name" 2>/dev/null || true)
  case $version in "installed "*) say package "$name \${version#installed }" ;; esac
done
ss -Hltnp 2>/dev/null | while IFS= read -r line; do say listener "$line"; done
for path in $2; do if [ -e "$path" ]; then say path "$path"; fi; done
if [ -f "$3" ]; then say claimedBy "$(cat "$3")"; fi
for conf in /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf; do
  if [ -f "$conf" ]; then say apiServer "$(awk '$1=="server:"{print $2; exit}' "$conf")"; break; fi
done
if [ -f /etc/kubernetes/pki/ca.crt ]; then echo certificate; cat /etc/kubernetes/pki/ca.crt; fi
`

/**
 * The facts of one host.
 * @throws QuorateError of the SSH_ family, `SUDO_DENIED`, or `COMMAND_FAILED` where the host has no common tools.
 */
export async function gatherFacts(session: Session): Promise<HostFacts> {
  const ask = script(FACTS_SCRIPT, OBSERVED_PACKAGES.join(' '), OBSERVED_PATHS.join(' '), CLAIM_FILE)
  const before = Date.now()
  const result = await session.run(ask, { root: true })
  const after = Date.now()
  expectSuccess(result, 'gathering facts', session.host)
  return parseFacts(session.host.name, result.stdout, { before, after }, hashCaCertificate)
}
