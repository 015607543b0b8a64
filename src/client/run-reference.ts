/** Which run of which workflow. */
export interface RunReference {
  readonly workflowId: string
  readonly runId: string
}
