/** Opening a client for a command, and the operation that the command is about; closed when the command is done. */
import type { ClientOptions, Operation, QuorateClient } from '../client.js'
import type { Context } from './context.js'
import { clusterName } from './load-cluster.js'

/** What a command does: `look` leaves the embedded engine's worker as it is. */
export type Access = 'start' | 'decide' | 'look'

const OPTIONS: Readonly<Record<Access, Pick<ClientOptions, 'startsOperations' | 'takesDecisions'>>> = {
  start: { startsOperations: true },
  decide: { startsOperations: false, takesDecisions: true },
  look: { startsOperations: false },
}

/** Runs `act` with a client. */
export async function withClient<Result>(
  { temporal }: Context,
  access: Access,
  act: (client: QuorateClient) => Promise<Result>,
): Promise<Result> {
  const { createClient } = await import('../client.js')
  const client = await createClient({ ...temporal, ...OPTIONS[access] })
  try {
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
  return withClient(context, access, async (client) => act(await client.operation(name)))
}
