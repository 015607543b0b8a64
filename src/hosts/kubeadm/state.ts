/** How far kubeadm has come on a host, judged by its files: read as root, in one round trip. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { expectSuccess, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { HAS_ETCD_DATA } from '../etcd/data.js'

const FINDINGS = [
  'kubelet.conf',
  /** The kubelet's own certificate, which kubelet.conf names before it exists. */
  'kubelet-certificate',
  'admin.conf',
  'ca.key',
  /** Any kubeconfig file, or certificates other than those that Quorate copies: kubeadm has begun. */
  'kubeconfigs',
  'certificates',
  'manifests',
  /** etcd has data here. */
  'etcd-data',
  /** etcd's manifest says that it joined existing members: others are named in it. */
  'etcd-joined',
  /** The journal shows that a `kubeadm init` of ours began here, did not succeed, and was not undone. */
  'init-unfinished',
  /** The journal shows that a `kubeadm init` of ours succeeded here, and was not undone; the cluster is that one. */
  'init-complete',
  /** The journal shows that a `kubeadm join` of ours succeeded here, and was not undone. */
  'join-complete',
  /** The marker `HOST_PATHS.initialised` is there, and matches the CA on this host. */
  'initialised',
  'kubelet-runs',
] as const

/** What was found of kubeadm's work on a host. */
export type HostState = ReadonlySet<(typeof FINDINGS)[number]>

// The journal's lines: time, start or end, operation, step, ordinal, status.
const LOOK = `${HAS_ETCD_DATA}
cd ${HOST_PATHS.kubernetes} 2>/dev/null || cd /
some() { for path in "$@"; do if [ -e "$path" ]; then return 0; fi; done; return 1; }
say() { finding=$1; shift; if "$@"; then echo "$finding"; fi; }
say kubelet.conf test -e kubelet.conf
say kubelet-certificate test -e ${HOST_PATHS.kubeletCertificate}
say admin.conf test -e admin.conf
say ca.key test -e pki/ca.key
say kubeconfigs some ${HOST_PATHS.kubernetes}/*.conf
say certificates some pki/apiserver.* pki/apiserver-kubelet-client* pki/front-proxy-client* pki/etcd/server* pki/etcd/peer* pki/etcd/healthcheck*
say manifests some manifests/*.yaml
say etcd-data has_etcd_data
say etcd-joined grep -qse '--initial-cluster=.*,' manifests/etcd.yaml
journal=${HOST_PATHS.journal}
unfinished() {
  [ -e "$journal" ] && awk '
    $2 == "start" && $4 == "kubeadm-init" { unfinished = 1 }
    $2 == "end" && $4 == "kubeadm-init" && $6 == 0 { unfinished = 0 }
    $2 == "end" && $4 == "kubeadm-reset" && $6 == 0 { unfinished = 0 }
    $2 == "start" && $4 == "kubeadm-join" { unfinished = 0 }
    END { exit !unfinished }' "$journal"
}
say init-unfinished unfinished
# A host joins only after it was reset, also where nobody has told the journal.
complete() {
  [ -e "$journal" ] && awk -v step="$1" '
    $4 == "kubeadm-init" || $4 == "kubeadm-join" || $4 == "kubeadm-reset" { complete = 0 }
    $2 == "end" && $4 == step && $6 == 0 { complete = 1 }
    END { exit !complete }' "$journal"
}
marker=${HOST_PATHS.initialised}
initialised() { [ -e pki/ca.crt ] && [ "$(cat "$marker" 2>/dev/null)" = "$(sha256sum <pki/ca.crt)" ]; }
# An init of ours leaves no marker of an earlier cluster, so with one that does not match, somebody else has made this one.
initiated() { complete kubeadm-init && { [ ! -e "$marker" ] || initialised; }; }
say init-complete initiated
say join-complete complete kubeadm-join
say initialised initialised
say kubelet-runs systemctl is-active --quiet kubelet`

/** Looks at the host of the step. */
export async function hostState(context: HostContext): Promise<HostState> {
  const result = await context.session.run(script(LOOK), { root: true })
  expectSuccess(result, 'looking at what kubeadm has done', context.host)
  const said = new Set(result.stdout.split('\n'))
  return new Set(FINDINGS.filter((finding) => said.has(finding)))
}

/** Whether kubeadm has run here and left anything; certificates that Quorate copied do not count. */
export async function hasTraces(context: HostContext): Promise<boolean> {
  return showsTraces(await hostState(context))
}

/** Like {@link hasTraces}, for a host that was already looked at. */
export function showsTraces(state: HostState): boolean {
  return (['kubeconfigs', 'certificates', 'manifests', 'etcd-data'] as const).some((trace) =>
    state.has(trace),
  )
}

// $1: the marker. Written by rename, so that after a power cut it is either complete or absent.
const MARK = `
identity=$(sha256sum <${HOST_PATHS.caCertificate})
if [ "$(cat "$1" 2>/dev/null)" = "$identity" ]; then exit 0; fi
printf '%s\\n' "$identity" >"$1.new"
sync -- "$1.new"
mv -f -- "$1.new" "$1"
echo marked`

/**
 * Records on the host that a cluster was initialised here; the record is valid for as long as its CA is there.
 * @returns false if the mark was already there.
 */
export async function markInitialised(context: HostContext): Promise<boolean> {
  const result = await context.session.run(script(MARK, HOST_PATHS.initialised), { root: true })
  expectSuccess(result, 'marking the host as initialised', context.host)
  return result.stdout.trim() === 'marked'
}
