/** Whether a member of etcd has data on a host: one answer for facts, plans and steps. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { script, type Session } from '../../ssh/index.js'

/**
 * Shell code for the function `has_etcd_data`. The log tells: where etcd finds no data and does not start, it leaves a
 * database beside the log that it does not have. Its manifest may name another place for the log.
 */
export const HAS_ETCD_DATA = `
has_etcd_data() {
  log=$(sed -n 's/^ *- --wal-dir=//p' ${HOST_PATHS.etcdManifest} 2>/dev/null | tail -n 1)
  [ -e "\${log:-${HOST_PATHS.etcdMember}/wal}" ]
}
`

/** Whether there are data for a member to start with. */
export async function hasEtcdData(session: Session): Promise<boolean> {
  return (await session.run(script(`${HAS_ETCD_DATA}has_etcd_data`), { root: true })).exitCode === 0
}
