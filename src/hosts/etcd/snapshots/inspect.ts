/** Reads a snapshot with etcd's own tool, which checks that its pages hold together. */
import { z } from 'zod'
import type { HostContext } from '../../context.js'
import { readJson } from '../../json.js'
import { etcdctlCommand, etcdutlCommand } from '../members.js'
import { READING_MS } from './folder.js'

/** There is no such program, or it has no such command; some then print their help and succeed. */
const LACKING = /executable file not found|no such file or directory|unknown command/i

const ANSWER = z.looseObject({ revision: z.number(), totalKey: z.number() })

/**
 * The revision of a snapshot in etcd's data folder, and how many keys it has; undefined if the member's image has no tool
 * that reads snapshots.
 * @throws QuorateError `SNAPSHOT_FAILED` if etcd's tool cannot read it, or it is empty.
 */
export async function readableSnapshot(
  context: HostContext,
  path: string,
): Promise<{ readonly revision: number; readonly keys: number } | undefined> {
  const { session, host } = context
  const step = 'etcd snapshot'
  const ask = ['snapshot', 'status', path, '-w', 'json']
  let said = ''
  let lacks = 0
  // etcdutl has the command from etcd 3.5 on, etcdctl before 3.6.
  for (const tool of [etcdutlCommand(host, ...ask), etcdctlCommand(host, ...ask)]) {
    const result = await session.run(tool, { root: true, timeoutMs: READING_MS })
    const line = result.stdout.split('\n').find((candidate) => candidate.startsWith('{'))
    if (result.exitCode === 0 && line !== undefined) {
      const { revision, totalKey } = readJson(session, line, ANSWER, 'etcdutl snapshot status')
      if (totalKey === 0) throw context.error('SNAPSHOT_FAILED', 'the snapshot has no keys', { step })
      return { revision, keys: totalKey }
    }
    said += result.stderr
    if (result.exitCode === 0 || LACKING.test(result.stderr)) lacks += 1
  }
  if (lacks === 2) return undefined
  throw context.error('SNAPSHOT_FAILED', 'etcdutl snapshot status cannot read the snapshot', {
    step,
    output: said.slice(0, 2000),
  })
}
