/**
 * A member of etcd whose disk is not mounted after a boot would start without data: kubeadm's manifest for the first
 * control plane then founds a second cluster, which its API server serves. So while a host reboots, systemd starts its
 * kubelet only with the data in place.
 */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { HEADER } from '../../configuration/host-prerequisites.js'
import type { DataMount } from '../../facts/boot.js'
import { expectSuccess, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { startKubelet } from '../kubeadm/kubelet.js'
import { waitUntil } from '../wait.js'
import { dataMount } from './record.js'

/** A path that means itself in a unit file. */
const PLAIN_PATH = /^\/[\w./-]+$/

/** The drop-in for the kubelet's unit; see systemd.unit(5), "Conditions and Asserts". */
function dataGuard({ point }: DataMount): string {
  const mounted = PLAIN_PATH.test(point) ? [`ConditionPathIsMountPoint=${point}`] : []
  return [HEADER, '[Unit]', `ConditionPathExists=${HOST_PATHS.etcdMember}`, ...mounted, ''].join('\n')
}

/** Puts the guard in place; it counts from the next boot on. */
export async function guardData({ session }: HostContext, mount: DataMount): Promise<void> {
  await session.writeFile(HOST_PATHS.etcdDataGuard, dataGuard(mount), { mode: 0o644 })
}

/** Whether the same file system is there, with a member's data. */
const HAS_DATA = script(`[ -d ${HOST_PATHS.etcdMember} ]`)

/**
 * Waits until the data are in place, and lets the kubelet start if the guard has kept it from that.
 * @throws QuorateError `ETCD_DATA_MISSING` when they are not for a minute.
 */
export async function waitForData(context: HostContext, wanted: DataMount): Promise<void> {
  const { session, patience } = context
  await waitUntil(
    context,
    async () => {
      const { point, source } = await dataMount(context)
      if (point !== wanted.point || source !== wanted.source) {
        const now = `${HOST_PATHS.etcdData} is on ${source} (mounted at ${point}) now`
        return `etcd's data were on ${wanted.source}, mounted at ${wanted.point}; ${now}`
      }
      const data = await session.run(HAS_DATA, { root: true })
      return data.exitCode === 0 ? undefined : `there is no ${HOST_PATHS.etcdMember}`
    },
    (reason) => context.error('ETCD_DATA_MISSING', reason, { step: 'reboot' }),
    { timeoutMs: patience.runtime },
  )
  await startKubelet(context)
}

const REMOVE = `
[ -e ${HOST_PATHS.etcdDataGuard} ] || exit 0
rm -f ${HOST_PATHS.etcdDataGuard}
systemctl daemon-reload`

/** Takes the guard away. */
export async function removeDataGuard({ session, host }: HostContext): Promise<void> {
  const removed = await session.run(script(REMOVE), { root: true, timeoutMs: 60_000 })
  expectSuccess(removed, `removing ${HOST_PATHS.etcdDataGuard}`, host)
}
