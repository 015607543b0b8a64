/** Files that Quorate gives API servers to read: on every control plane before its API server is told about them. */
import { AUDIT_FOLDER, auditPolicyPath } from '../../configuration/audit.js'
import { ENCRYPTION_FOLDER } from '../../configuration/encryption.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { expectSuccess, script, type Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'

/** Only root reads them. */
const MODE = 0o600

/** Writes the audit policy of the cluster file, if it has one; false if there is nothing to write. */
export async function placeAuditPolicy({ cluster, session }: HostContext): Promise<boolean> {
  const { auditPolicy } = cluster.kubernetes
  if (auditPolicy?.content === undefined) return false
  return session.writeFile(auditPolicyPath(auditPolicy), auditPolicy.content, { mode: MODE })
}

const LIST = `find "$1" -type f ! -name '.*' 2>/dev/null || true`

/**
 * Copies all of them from a control plane to another that joins: its API server is started with the arguments that the
 * cluster keeps. Through this process' memory only, as the certificates are.
 */
export async function copyApiServerFiles(from: Session, to: Session): Promise<void> {
  const { stdout } = await from.run(script(LIST, HOST_PATHS.apiServerFiles), { root: true })
  for (const path of stdout.split('\n').filter((line) => line !== '')) {
    const content = await from.readFile(path)
    if (content !== undefined) await to.writeFile(path, content, { mode: MODE })
  }
}

// $1: the manifest. $2…: folders. Without a manifest nobody knows what an API server will read.
const DROP = `
manifest=$1
shift
[ -s "$manifest" ] || exit 0
for folder in "$@"; do
  for path in "$folder"/*; do
    if [ -f "$path" ] && ! grep -qF -- "$path" "$manifest"; then rm -f -- "$path"; fi
  done
done`

/** Removes those that the API server's manifest does not name. */
export async function dropUnusedFiles({ session, host }: HostContext): Promise<void> {
  const drop = script(DROP, HOST_PATHS.apiServerManifest, AUDIT_FOLDER, ENCRYPTION_FOLDER)
  expectSuccess(await session.run(drop, { root: true }), 'removing files that no API server reads', host)
}
