/** Looks at the hosts as `plan` and `preflight` do: makes a plan, and only its result is the output. */
import type { Operation } from '../client/operation.js'
import type { Quorate } from '../client.js'
import type { Cluster } from '../cluster/model.js'
import type { PlanRequest, Requests } from '../operations/input.js'
import type { Results } from '../operations/registry.js'
import { isQuorateError } from '../errors/index.js'
import { plainLine } from '../values/plain-text.js'
import { operationGoesOn } from './closed-pipe.js'
import type { Context } from './context.js'
import { EXIT, type ExitCode } from './exit.js'
import type { PlannedCommand } from './output/plan.js'

/** The result of an operation that only looks, or how the command ends without one. */
type LookedAt<Kind extends 'adopt' | 'plan'> =
  | { readonly kind: 'result'; readonly result: Results[Kind] }
  | { readonly kind: 'ended'; readonly exitCode: ExitCode }

/** Runs an operation that only looks, to its end; progress is shown only if somebody watches. */
export async function lookedAt<Kind extends 'adopt' | 'plan'>(
  context: Context,
  kind: Kind,
  cluster: Cluster,
  request?: Requests[Kind],
): Promise<LookedAt<Kind>> {
  const { withClient } = await import('./open-operation.js')
  return withClient(context, 'plan', async (client): Promise<LookedAt<Kind>> => {
    const [{ follow }, { finish }] = await Promise.all([import('./follow.js'), import('./finish.js')])
    await tellOfRunningApply(context, client, cluster.name)
    const operation = await client.start<Kind>(kind, cluster, request === undefined ? {} : { request })
    const followed = await follow(context, operation, { display: context.io.isTerminal && !context.json })
    if (followed.kind === 'interrupted') {
      await stop(context, operation)
      return { kind: 'ended', exitCode: EXIT.detached }
    }
    const end = followed.kind === 'closed' ? followed.snapshot : undefined
    if (end?.kind === kind && end.result !== undefined) return { kind: 'result', result: end.result }
    return { kind: 'ended', exitCode: finish(context, operation, followed) }
  })
}

/**
 * Plans an apply of the cluster, or what the request asks for, and prints the plan.
 * @param differs the exit code if something would change.
 */
export async function showPlan(
  context: Context,
  cluster: Cluster,
  request?: PlanRequest,
  differs: ExitCode = EXIT.done,
): Promise<ExitCode> {
  const outcome = await shownPlan(context, cluster, request)
  if (outcome.kind === 'ended') return outcome.exitCode
  const { changes, problems } = outcome.result
  if (problems.length > 0) return EXIT.failed
  return changes.length > 0 ? differs : EXIT.done
}

/** Like {@link showPlan}, for a command that goes on from the plan. */
export async function shownPlan(
  context: Context,
  cluster: Cluster,
  request?: PlanRequest,
): Promise<LookedAt<'plan'>> {
  const outcome = await lookedAt(context, 'plan', cluster, request)
  if (outcome.kind === 'ended') return outcome
  const { result: plan } = outcome
  if (context.json) {
    context.io.json(plan)
  } else {
    const { renderPlan } = await import('./output/plan.js')
    const command = commandOf(request)
    renderPlan(cluster.name, plan, context.io.style, command).forEach((line) => context.io.out(line))
  }
  return outcome
}

/** The command that carries out what is planned. An upgrade says so in its plan. */
const PLANNED: Readonly<Record<keyof PlanRequest, PlannedCommand>> = {
  defragment: 'defragment',
  reboot: 'reboot',
  rebuild: 'rebuild',
  remove: 'remove',
  renew: 'renew',
  replace: 'replace',
  reset: 'reset',
  restore: 'restore',
  snapshot: 'snapshot',
  'update-hosts': 'update-hosts',
  upgrade: 'apply',
}

function commandOf(request: PlanRequest = {}): PlannedCommand {
  const kind = (Object.keys(PLANNED) as (keyof PlanRequest)[]).find((one) => request[one] !== undefined)
  return kind === undefined ? 'apply' : PLANNED[kind]
}

/** A plan made during an apply shows what the apply has not come to yet, which is no reason to apply again. */
async function tellOfRunningApply({ io }: Context, client: Quorate, cluster: string): Promise<void> {
  const name = plainLine(cluster)
  if (!(await client.isRunning(cluster))) return
  io.note(
    io.style.yellow(
      `⚠ an apply of ${name} is running: this looks at the hosts while it changes them (\`quorate status ${name}\`)`,
    ),
  )
}

/** Nobody can attach to a plan, so one that is left is stopped. */
async function stop({ io }: Context, operation: Operation<'adopt' | 'plan'>): Promise<void> {
  try {
    await operation.cancel()
    io.note('\nstopped; nothing was changed')
  } catch (error) {
    if (!isQuorateError(error)) throw error
    const isOver = error.code === 'OPERATION_ENDED'
    io.note(isOver ? '\nstopped; nothing was changed' : `\ndetached; it changes nothing: ${error.message}`)
  }
  operationGoesOn(false)
}
