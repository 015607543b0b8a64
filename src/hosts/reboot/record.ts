/** What is recorded of a host before it is rebooted. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { etcdHosts } from '../../cluster/model.js'
import { answersIn } from '../../facts/answers.js'
import { parseBoot, rebootReasons, type BootRecord, type DataMount } from '../../facts/boot.js'
import { expectSuccess, script, type Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { askEtcd } from '../etcd/health.js'
import { memberStatus } from '../etcd/status.js'
import { LIST_BOOT } from '../facts/boot.js'

const RECORD = `
say() { printf '%s\\t%s\\n' "$1" "$2"; }
say kernel "$(uname -r)"
say machineId "$(cat /etc/machine-id)"
${LIST_BOOT}`

/** What the host says of itself and its boot. */
async function askBoot(
  session: Session,
): Promise<Pick<BootRecord, 'machineId' | 'reasons'> & { readonly bootId?: string }> {
  const asked = await session.run(script(RECORD), { root: true })
  const answers = answersIn(expectSuccess(asked, 'reading the boot of the host', session.host).stdout)
  const [kernel = ''] = answers.get('kernel') ?? []
  const [machineId = ''] = answers.get('machineId') ?? []
  const boot = parseBoot(answers, kernel)
  if (boot === undefined) return { machineId, reasons: [] }
  return { bootId: boot.bootId, machineId, reasons: rebootReasons(boot, kernel) }
}

/** Why the host should be rebooted, in words; none if nothing asks for it. */
export async function bootReasonsOf({ session }: HostContext): Promise<readonly string[]> {
  return (await askBoot(session)).reasons
}

/**
 * Records the host as it is.
 * @param controlPlane the session through which a stacked etcd is asked.
 * @throws QuorateError `ETCD_UNREACHABLE` where etcd does not tell which cluster it is.
 */
export async function recordBoot(context: HostContext, controlPlane: Session): Promise<BootRecord> {
  const { session, cluster, host } = context
  const { bootId, ...told } = await askBoot(session)
  if (bootId === undefined) throw context.error('ANSWER_UNREADABLE', 'the host does not tell its boot id')
  const record = { bootId, ...told }
  if (!etcdHosts(cluster).some(({ name }) => name === host.name)) return record
  const etcd = (await askEtcd(context, controlPlane)) ?? controlPlane
  const { clusterId } = await memberStatus(etcd)
  return { ...record, etcd: { mount: await dataMount(context), clusterId } }
}

/** The id of the boot that the host runs now. */
export async function bootIdOf(session: Session): Promise<string> {
  const asked = await session.run(script('cat /proc/sys/kernel/random/boot_id'))
  return expectSuccess(asked, 'reading the boot id', session.host).stdout.trim()
}

// Device names may change with each boot, UUIDs do not. Blanks in names come as \\x20.
const MOUNT = `findmnt --noheadings --raw --output TARGET,SOURCE,FSROOT,UUID --target ${HOST_PATHS.etcdData} | tail -n 1`

/** The file system that the data of etcd are on, or would be on. */
export async function dataMount({
  session,
  host,
}: Pick<HostContext, 'session' | 'host'>): Promise<DataMount> {
  const asked = await session.run(script(MOUNT), { root: true })
  const { stdout } = expectSuccess(asked, `looking at the mount of ${HOST_PATHS.etcdData}`, host)
  const [point = '', device = '', root = '', uuid = ''] = stdout.trim().split(' ')
  // A device already comes with the folder of it that is mounted.
  const folder = root === '/' ? '' : `[${root}]`
  return { point, source: uuid === '' ? device : `${uuid}${folder}` }
}
