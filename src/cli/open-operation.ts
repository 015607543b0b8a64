/** Opening a client for a command, and the operation that the command is about; closed when the command is done. */
import type { ClientOptions, Operation, QuorateClient } from '../client.js'
import { isQuorateError, QuorateError } from '../errors/index.js'
import { DEFAULT_FILE, type Context } from './context.js'
import { clusterName, describedHere } from './load-cluster.js'
import { renderWoken } from './output/woken.js'

/**
 * What a command does. `look` leaves the embedded engine's worker as it is; `plan` leaves its SSH agent if other
 * operations need that.
 */
export type Access = 'start' | 'plan' | 'decide' | 'look'

const OPTIONS: Readonly<
  Record<Access, Pick<ClientOptions, 'startsOperations' | 'takesDecisions' | 'onlyPlans'>>
> = {
  start: { startsOperations: true },
  plan: { startsOperations: true, onlyPlans: true },
  decide: { startsOperations: false, takesDecisions: true },
  look: { startsOperations: false },
}

/** Runs `act` with a client. */
export async function withClient<Result>(
  { temporal, io }: Context,
  access: Access,
  act: (client: QuorateClient) => Promise<Result>,
): Promise<Result> {
  const { createClient } = await import('../client.js')
  const client = await createClient({ ...temporal, ...OPTIONS[access] })
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
 * Runs `act` with the latest apply of the cluster that is named by the argument or the cluster file.
 * @throws QuorateError `USAGE` when neither names one, `OPERATION_NOT_FOUND`.
 */
export async function withOperation<Result>(
  context: Context,
  argument: string | undefined,
  access: Access,
  act: (operation: Operation) => Promise<Result>,
): Promise<Result> {
  const name = await clusterName(context, argument)
  try {
    return await withClient(context, access, async (client) => act(await client.operation(name)))
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
