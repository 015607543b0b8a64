/** What a schedule starts: it starts the operation, under the ID by which a cluster has one operation at a time. */
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common'
import { ParentClosePolicy, startChild, uuid4 } from '@temporalio/workflow'
import { skippedEvent } from '../../operations/notifications/events.js'
import { OPERATIONS } from '../../operations/registry.js'
import { SCHEDULES, type DispatchInput, type DispatchResult } from '../../operations/schedule/schedules.js'
import { SEARCH_ATTRIBUTES } from '../../operations/search-attributes.js'
import { operationWorkflowId } from '../../operations/workflow-id.js'
import { tell } from '../run/notices.js'

/**
 * Workflow: starts the operation of a schedule and ends, while the operation goes on. If the cluster is held, it is
 * skipped: the next time comes, and whoever holds the cluster may do so for days.
 */
export async function dispatchScheduled(dispatched: DispatchInput): Promise<DispatchResult> {
  const { operation } = SCHEDULES[dispatched.kind]
  const { workflow, holdsCluster } = OPERATIONS[operation]
  const lock = operationWorkflowId(dispatched.input.cluster.name)
  const workflowId = holdsCluster ? lock : `${lock}/${operation}/${uuid4().slice(0, 8)}`
  try {
    const started = await startChild(workflow, {
      workflowId,
      args: [{ ...dispatched.input, schedule: dispatched.kind }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: dispatched.summary,
      staticDetails: dispatched.details,
      memo: { startedBy: `schedule ${dispatched.kind}`, quorate: dispatched.quorate },
      ...searchAttributes(dispatched),
    })
    return { outcome: 'started', workflowId, runId: started.firstExecutionRunId }
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    const { name, notifications = [] } = dispatched.input.cluster
    if (notifications.length > 0) await tell(notifications, skippedEvent(name, dispatched.kind))
    return { outcome: 'skipped' }
  }
}

function searchAttributes({ kind, input }: DispatchInput) {
  if (!input.searchAttributes) return {}
  const keyword = (name: string, value: string) => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value,
  })
  return {
    typedSearchAttributes: [
      keyword(SEARCH_ATTRIBUTES.clusterName, input.cluster.name),
      keyword(SEARCH_ATTRIBUTES.operation, SCHEDULES[kind].operation),
      keyword(SEARCH_ATTRIBUTES.kubernetesVersion, input.cluster.kubernetes.version),
    ],
  }
}
