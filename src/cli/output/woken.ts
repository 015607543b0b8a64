/** Operations that go on because a command started the engine, which the operator may not have intended. */
import type { OperationSummary } from '../../client/operation.js'
import { plainLine } from '../../values/plain-text.js'
import { count } from '../../values/words.js'
import { formatMinute } from './duration.js'

/** `1 open operation goes on: cluster/prod, since 01:49 (\`quorate status prod\`)` */
export function renderWoken(operations: readonly OperationSummary[], now: number): string {
  const verb = operations.length === 1 ? 'goes' : 'go'
  const named = operations.map(({ cluster, startedAt }) =>
    plainLine(
      `cluster/${cluster}, since ${formatMinute(startedAt.getTime(), now)} (\`quorate status ${cluster}\`)`,
    ),
  )
  return `${count(operations.length, 'open operation')} ${verb} on: ${named.join('; ')}`
}
