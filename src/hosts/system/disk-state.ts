/** Recognises a full disk behind a failure of kubeadm, which says only what it waited for. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { isQuorateError, QuorateError, type ErrorCode } from '../../errors/index.js'
import { lastLines, script } from '../../ssh/index.js'
import { DISK_FULL } from '../durable.js'
import type { HostContext } from '../context.js'

/** The codes with which kubeadm or we report that something did not come up. */
const MAY_BE_THE_DISK: readonly ErrorCode[] = [
  'KUBEADM_FAILED',
  'KUBEADM_TIMED_OUT',
  'CONTROL_PLANE_NOT_READY',
]

/** With less free space, etcd does not get through its start. */
const LEAST_KIB = 1_024

// etcd's data folder may not exist yet. The first line: the free KiB, and where that disk is mounted.
const LOOK = `
folder=${HOST_PATHS.etcdData}
while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
df -Pk "$folder" | awk 'NR == 2 { print $4, $6 }'
id=$(crictl ps -a --label io.kubernetes.pod.namespace=kube-system --label io.kubernetes.container.name=etcd -q 2>/dev/null | head -n 1)
if [ -n "$id" ]; then crictl logs --tail 20 "$id" 2>&1; fi
true`

/**
 * Runs `act`. If it fails because something did not come up, and the disk under etcd is full, the error says so.
 * @throws QuorateError what `act` throws, or `DISK_FULL`.
 */
export async function blamingTheDisk<Result>(
  context: HostContext,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    if (!isQuorateError(error) || !MAY_BE_THE_DISK.includes(error.code)) throw error
    throw (await diskFull(context, error).catch(() => undefined)) ?? error
  }
}

async function diskFull(context: HostContext, error: QuorateError): Promise<QuorateError | undefined> {
  const look = script(LOOK)
  const { exitCode, stdout } = await context.session.run(look, { root: true })
  const [first = '', ...log] = stdout.split('\n')
  const [freeKib = '', mount = ''] = first.split(' ')
  if (exitCode !== 0 || !/^\d+$/.test(freeKib)) return undefined
  const told = log.filter((line) => DISK_FULL.test(line))
  if (Number(freeKib) >= LEAST_KIB && told.length === 0) return undefined
  const state = `no space left for etcd on ${mount} (${Math.floor(Number(freeKib) / 1024)} MiB free)`
  return new QuorateError('DISK_FULL', `${state}: ${error.message}`, {
    ...error.context,
    output: lastLines(told.length > 0 ? told.join('\n') : (error.context.output ?? '')),
  })
}
