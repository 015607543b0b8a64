/** A node's kubelet with the configuration of the file. Its pods go on: only the kubelet itself restarts. */
import { renderYaml } from '../../values/yaml-output.js'
import { parseDocument } from '../../facts/kept-configuration.js'
import type { HostContext } from '../../hosts/context.js'
import { prepareMemberStop } from '../../hosts/etcd/outage.js'
import type { ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { findNode, hasCondition } from '../../hosts/kubernetes/nodes.js'
import { readNumber } from '../../hosts/numbers.js'
import { waitUntil } from '../../hosts/wait.js'
import { isQuorateError, type QuorateError } from '../../errors/index.js'
import { restartKubelet } from '../../hosts/kubeadm/kubelet.js'
import type { WantedDocument } from '../../planning/reconfigure/documents.js'
import { differingLeaves, keyOf, leavesOf, withoutPaths } from '../../planning/reconfigure/leaves.js'
import { expectSuccess, script } from '../../ssh/index.js'
import { isPlainObject, mergeDeep, type PlainObject } from '../../values/merge.js'
import { keepBackup, keptBackups, putBack } from './backups.js'

const CONFIGURATION = '/var/lib/kubelet/config.yaml'
/** As kubeadm writes it. */
const MODE = 0o644
const BACKUP = 'kubelet'
const TITLE = 'kubelet'

// How often systemd has started it again, and whether its process is newer than its file.
const LOOK = `
restarts=$(systemctl show --property NRestarts --value kubelet)
started=$(systemctl show --property ExecMainStartTimestamp --value kubelet)
if systemctl is-active --quiet kubelet && [ "$(date -d "$started" +%s)" -ge "$(stat -c %Y "$1")" ]; then state=current
else state=stale; fi
echo "$state \${restarts:-0}"`

const LAST_WORDS = `journalctl -u kubelet -n 12 -o cat --no-pager 2>/dev/null | cut -c 1-400`

/** How often the kubelet may end before its configuration counts as rejected. */
const CRASHES = 3

/**
 * Makes the kubelet of the host run with the document's values that the cluster file sets or has set.
 * @returns false if it does already.
 * @throws QuorateError `CONFIGURATION_REJECTED` once the kubelet runs with its old file again.
 */
export async function configureKubelet(
  context: HostContext,
  api: ClusterApi,
  { document, managed, set }: WantedDocument,
): Promise<boolean> {
  if (managed.length === 0) return false
  const { session } = context
  const text = (await session.readFile(CONFIGURATION))?.toString() ?? ''
  const present = parseDocument(text)
  if (present === undefined) {
    throw context.error('NODE_NOT_READY', `${CONFIGURATION} is missing or no YAML document`, { step: TITLE })
  }
  const wanted = withValues(withoutPaths(present, managed), document, managed)
  const isWritten = differingLeaves(wanted, present).length === 0
  // An earlier attempt that has kept a backup may not have come to the restart.
  const isUnfinished = (await keptBackups(context)).includes(BACKUP)
  if (isWritten && !isUnfinished && (await look(context)).isCurrent) return false
  if (context.host.role !== 'worker') await prepareMemberStop(context, session)
  if (!isWritten) {
    await keepBackup(context, BACKUP, text)
    await session.writeFile(CONFIGURATION, renderYaml([wanted]), { mode: MODE })
  }
  await restartKubelet(context)
  await waitForKubelet(context, api)
  context.report(`kubelet runs with ${set.length} values of the file`)
  return true
}

/** Gives the kubelet its old file again, and waits until it runs with it. */
export async function restoreKubelet(context: HostContext): Promise<void> {
  if (!(await putBack(context, BACKUP, CONFIGURATION, MODE))) return
  await restartKubelet(context)
  await waitUntil(
    context,
    async () => ((await look(context)).isCurrent ? undefined : 'its kubelet has not started yet'),
    (reason) => context.error('NODE_NOT_READY', reason, { step: TITLE }),
    { timeoutMs: context.patience.node },
  )
}

/** Restores what an earlier attempt, which was interrupted, has left broken: without a kubelet no component restarts. */
export async function mendKubelet(context: HostContext): Promise<void> {
  if (!(await keptBackups(context)).includes(BACKUP)) return
  const { isCurrent, restarts } = await look(context)
  if (!isCurrent || restarts >= CRASHES) await restoreKubelet(context)
}

/** The values of the document at these paths, laid over what is there. */
function withValues(
  base: PlainObject,
  document: PlainObject,
  paths: readonly (readonly string[])[],
): PlainObject {
  const keys = new Set(paths.map(keyOf))
  const values = leavesOf(document).filter(({ path }) => keys.has(keyOf(path)))
  return values.reduce((merged, { path, value }) => mergeDeep(merged, nested(path, value)), base)
}

function nested(path: readonly string[], value: unknown): PlainObject {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as PlainObject
}

async function look({ session, host }: HostContext): Promise<{ isCurrent: boolean; restarts: number }> {
  const seen = await session.run(script(LOOK, CONFIGURATION), { root: true })
  const [state, restarts] = expectSuccess(seen, 'looking at kubelet', host).stdout.trim().split(' ')
  return {
    isCurrent: state === 'current',
    restarts: readNumber(session, restarts, 'how often kubelet has restarted'),
  }
}

async function waitForKubelet(context: HostContext, api: ClusterApi): Promise<void> {
  const { host } = context
  await waitUntil(
    context,
    async () => {
      const { isCurrent, restarts } = await look(context)
      if (restarts >= CRASHES) throw await rejected(context)
      if (!isCurrent) return 'its kubelet has not started yet'
      if (!(await answers(api, host.name))) return 'its kubelet does not answer yet'
      const node = await findNode(api, host.name)
      return hasCondition(node?.status.conditions, 'Ready') ? undefined : 'its node is not Ready'
    },
    (reason) => context.error('CONFIGURATION_REJECTED', reason, { step: TITLE }),
    { timeoutMs: context.patience.node },
  )
}

/** Whether the kubelet tells its configuration: only one that has accepted it does. */
async function answers(api: ClusterApi, node: string): Promise<boolean> {
  try {
    const answer: unknown = JSON.parse(
      await api.get(`/api/v1/nodes/${encodeURIComponent(node)}/proxy/configz`),
    )
    return isPlainObject(answer) && isPlainObject(answer['kubeletconfig'])
  } catch (error) {
    if (isQuorateError(error)) return false
    throw error
  }
}

async function rejected(context: HostContext): Promise<QuorateError> {
  const { stdout } = await context.session.run(script(LAST_WORDS), { root: true })
  const words =
    stdout
      .trim()
      .split('\n')
      .findLast((line) => /err|fail|invalid/i.test(line)) ?? ''
  return context.error(
    'CONFIGURATION_REJECTED',
    `kubelet keeps ending with its new configuration: ${words}`,
    {
      step: TITLE,
      output: stdout.trim(),
    },
  )
}
