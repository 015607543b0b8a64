/** kubectl on a control plane, with the administrator's kubeconfig that is there. */
import type { Cluster } from '../../cluster/model.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { command, expectPrograms, type CommandResult, type SessionPool } from '../../ssh/index.js'
import { firstAdministrator } from '../kubernetes/read-kubeconfig.js'

/** What kubectl reads and where its output goes. */
export interface KubectlStreams {
  readonly stdin?: Buffer
  readonly onStdout: (chunk: Buffer) => void
}

/**
 * Runs kubectl on the first control plane that has an administrator's kubeconfig. Its standard output goes to
 * `onStdout`, not into the result.
 * @throws QuorateError as {@link firstAdministrator}; `PROGRAM_MISSING` where there is no kubectl.
 */
export async function runKubectl(
  sessions: SessionPool,
  cluster: Cluster,
  args: readonly string[],
  streams: KubectlStreams,
): Promise<CommandResult> {
  const { session } = await firstAdministrator(sessions, cluster)
  const line = command('kubectl', '--kubeconfig', HOST_PATHS.adminConf, ...args)
  const result = await session.run(line, { root: true, timeoutMs: Infinity, ...streams })
  expectPrograms(result.exitCode, result.stderr, session.host.name)
  return result
}
