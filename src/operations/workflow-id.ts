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

/** Finds the runs that hold their cluster, as a condition in Temporal's list filter. */
export const HOLDS_CLUSTER = `WorkflowType IN (${HOLDING_KINDS.map((kind) => `'${OPERATIONS[kind].workflow}'`).join(', ')})`
