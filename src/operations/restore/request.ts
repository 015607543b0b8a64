/** What is asked of a restore of etcd. */

/** Which state etcd gets, and who is left. */
export interface RestoreRequest {
  readonly from: RestoreSource
  /** Names of control planes that never come back as they were: the operator vouches for it. */
  readonly dead: readonly string[]
  /** The snapshot may be of an etcd with another cluster id: from before etcd was restored, for example. */
  readonly mayBeOfOtherEtcd: boolean
  /** The current state is not saved before: etcd cannot give a snapshot any more. */
  readonly withoutSaving: boolean
  /** The name of the cluster, as the operator has typed it; a plan needs none. */
  readonly confirmed?: string
}

/**
 * `snapshot`: one that hosts keep, the newest unless named. `survivor`: what a member still has after etcd has lost its
 * majority; the host unless there is only one.
 */
type RestoreSource =
  | { readonly kind: 'snapshot'; readonly name?: string }
  | { readonly kind: 'survivor'; readonly host?: string }

/**
 * The request that is carried out once the operator has confirmed a plan: it names the snapshot that the plan has chosen,
 * since a newer one may be taken before the run begins.
 */
export function asPlanned<Request extends object>(request: Request, snapshot: string | undefined): Request {
  if (snapshot === undefined || !('from' in request)) return request
  return { ...request, from: { kind: 'snapshot', name: snapshot } }
}

/** Whether the operator may replace the cluster's state: its name must have been typed. */
export function isRestoreConfirmed(
  { name }: { readonly name: string },
  { confirmed }: Pick<RestoreRequest, 'confirmed'>,
): boolean {
  return confirmed === name
}
