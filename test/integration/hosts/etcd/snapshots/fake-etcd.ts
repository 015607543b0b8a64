/** A member of etcd as `crictl exec` shows it: its status, and snapshots that have its revision inside. */
import type { FakePrograms } from '../../../../support/fake-programs.js'

/** How a member behaves. */
export interface FakeMember {
  readonly revision?: number
  /** What is saved is cut off, or cannot be read by etcd's tool. */
  readonly fault?: 'cut-off' | 'unreadable' | 'no-etcdutl' | 'no-tool'
}

const NO_PROGRAM = `echo 'exec: "etcdutl": executable file not found in $PATH' >&2; exit 1`

/** `snapshot save FILE` writes a database of 8 KiB that begins with the revision, and its digest. */
export function addMember(programs: FakePrograms, { revision = 42, fault }: FakeMember = {}): void {
  const status = [
    {
      Endpoint: 'https://127.0.0.1:2379',
      Status: { header: { revision, raft_term: 2 }, version: '3.6.8', dbSize: 8192, dbSizeInUse: 4096 },
    },
  ]
  // Numbers of 64 bits, as etcd prints them.
  const ids = '"cluster_id":14841639068965178418,"member_id":10276657743932975437,'
  programs.put('status.json', JSON.stringify(status).replace('"header":{', `"header":{${ids}`))
  const read = `head -n 1 "$file" | sed 's/.*/{"hash":1,"revision":&,"totalKey":7,"totalSize":8192,"version":"3.6.0"}/'`
  programs.add(
    'crictl',
    `if [ "$1" = ps ]; then echo own; exit; fi
for word in "$@"; do case $word in *.db) file=$word ;; esac; done
case "$*" in
  *'snapshot save'*)
    { echo ${revision}; head -c 8192 /dev/zero; } | head -c 8192 >"$file"
    digest=$(sha256sum <"$file" | cut -d ' ' -f 1)
    ${fault === 'cut-off' ? 'digest=' : ''}
    perl -e 'print pack("H*", $ARGV[0])' "$digest" >>"$file" ;;
  *'etcdutl snapshot status'*) ${fault === undefined || fault === 'cut-off' ? read : NO_PROGRAM} ;;
  *'etcdctl'*'snapshot status'*) ${fault === 'unreadable' ? 'echo "invalid database" >&2; exit 1' : fault === 'no-tool' ? 'echo Usage:' : read} ;;
  *'endpoint status'*) cat "$here/status.json" ;;
esac`,
  )
}
