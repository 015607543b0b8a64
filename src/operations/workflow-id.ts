/** IDs of workflows. They name the cluster, so that the server itself admits one change of it at a time. */
import { HOLDING_KINDS, OPERATIONS } from './registry.js'

/** The ID of the only workflow that may change a cluster. It acts as the cluster's lock. */
export function operationWorkflowId(clusterName: string): string {
  return `cluster/${clusterName}`
}

/** The cluster that a workflow is about, by its ID; undefined for a workflow of somebody else. */
export function clusterOfWorkflow(workflowId: string | null | undefined): string | undefined {
  const [kind, cluster] = (workflowId ?? '').split('/')
  return kind === 'cluster' ? cluster : undefined
}

/** How many characters of a run's id, a UUIDv7, hold its time: the ids of one cluster's operations sort by them. */
const OPERATION_LENGTH = 13

/** The id by which hosts know the operation whose run this is. */
export function operationOfRun(runId: string): string {
  return runId.slice(0, OPERATION_LENGTH)
}

/** Finds the runs that hold their cluster, as a condition in Temporal's list filter. */
export const HOLDS_CLUSTER = `WorkflowType IN (${HOLDING_KINDS.map((kind) => `'${OPERATIONS[kind].workflow}'`).join(', ')})`
