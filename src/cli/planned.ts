/** Looking at the hosts as `plan` and `preflight` do: a plan is made, and only its result is the output. */
import type { Cluster } from '../cluster/model.js'
import type { PlanResult } from '../cluster/operation.js'
import type { Context } from './context.js'
import type { ExitCode } from './exit.js'

/** The plan, or how the command ends without one. */
export type Planned =
  | { readonly kind: 'plan'; readonly plan: PlanResult }
  | { readonly kind: 'ended'; readonly exitCode: ExitCode }

/** Makes a plan of an apply of the cluster; how it comes about is only shown where somebody watches. */
export async function planned(context: Context, cluster: Cluster): Promise<Planned> {
  const { withClient } = await import('./open-operation.js')
  return withClient(context, 'plan', async (client): Promise<Planned> => {
    const [{ follow }, { finish }] = await Promise.all([import('./follow.js'), import('./finish.js')])
    const operation = await client.plan(cluster)
    const followed = await follow(context, operation, { display: context.io.isTerminal && !context.json })
    const result = followed.kind === 'closed' ? followed.snapshot.result : undefined
    if (result === undefined || !('changes' in result)) {
      return { kind: 'ended', exitCode: finish(context, operation, followed) }
    }
    return { kind: 'plan', plan: result }
  })
}
