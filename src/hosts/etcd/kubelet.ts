/** kubelet as the service manager of an etcd member: configured, and running with that configuration. */
import { ETCD_KUBELET_CONFIGURATION, etcdKubeletFiles } from '../../configuration/etcd/kubelet.js'
import { expectSuccess, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

// Whether the running kubelet was started with the configuration $1: a worker may have died before the restart.
const RUNS_WITH = `
pid=$(systemctl show --property MainPID --value kubelet)
[ "$pid" != 0 ] && tr '\\0' '\\n' <"/proc/$pid/cmdline" | grep -qxe "--config=$1"`

const RESTART = `
mkdir -p ${HOST_PATHS.manifests}
systemctl daemon-reload
systemctl enable --quiet kubelet
systemctl restart kubelet`

/** Makes kubelet run static pods and nothing else; false if it did so already. */
export async function superviseEtcd({ session, cluster, host }: HostContext): Promise<boolean> {
  const written: boolean[] = []
  for (const file of etcdKubeletFiles(cluster)) {
    written.push(await session.writeFile(file.path, file.content, file))
  }
  const runs = await session.run(script(RUNS_WITH, ETCD_KUBELET_CONFIGURATION), { root: true })
  if (runs.exitCode === 0 && !written.includes(true)) return false
  const restarted = await session.run(script(RESTART), { root: true, timeoutMs: 90_000 })
  expectSuccess(restarted, 'starting kubelet for etcd', host)
  return true
}
