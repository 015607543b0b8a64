/** Opening a client for a command, and the operation that the command is about; closed when the command is done. */
import type { Purpose, Quorate } from '../client.js'
import type { Operation } from '../client/operation.js'
import { isQuorateError, QuorateError } from '../errors/index.js'
import { DEFAULT_FILE, type Context } from './context.js'
import { clusterName, describedHere } from './load-cluster.js'
import { renderWoken } from './output/woken.js'

/** Runs `act` with a client. */
export async function withClient<Result>(
  { temporal, io }: Context,
  purpose: Purpose,
  act: (client: Quorate) => Promise<Result>,
): Promise<Result> {
  const { connect } = await import('../client.js')
  const client = await connect({ ...temporal, purpose })
  try {
    // This is a courtesy: if the list is not available, the command does its work all the same.
    const woken = await client.woken().catch(() => [])
    if (woken.length > 0) io.note(io.style.yellow(renderWoken(woken, Date.now())))
    return await act(client)
  } finally {
    await client.close()
  }
}

/**
 * Runs `act` with the latest apply of the cluster that is named by the argument or the cluster file, or with the one
 * whose run ID begins with `run`.
 * @throws QuorateError `USAGE` when neither names one, `OPERATION_NOT_FOUND`.
 */
export async function withOperation<Result>(
  context: Context,
  argument: string | undefined,
  purpose: Purpose,
  act: (operation: Operation) => Promise<Result>,
  run?: string,
): Promise<Result> {
  const name = await clusterName(context, argument)
  try {
    return await withClient(context, purpose, async (client) => act(await client.operation(name, run)))
  } catch (error) {
    throw (await appliedElsewhere(name, error)) ?? error
  }
}

/** The error for a machine that has the cluster file but none of the cluster's operations; undefined in other cases. */
async function appliedElsewhere(name: string, error: unknown): Promise<QuorateError | undefined> {
  if (!isQuorateError(error) || error.code !== 'OPERATION_NOT_FOUND') return undefined
  if ((await describedHere(name)) === undefined) return undefined
  return new QuorateError(
    'OPERATION_NOT_FOUND',
    `no apply of ${name} is known here, only its ${DEFAULT_FILE}`,
    {
      cause: error,
      hint: `name the Temporal server that applied it (--address, TEMPORAL_ADDRESS); \`quorate plan\` shows the state of the hosts, and \`quorate unlock --show\` who holds them`,
    },
  )
}
