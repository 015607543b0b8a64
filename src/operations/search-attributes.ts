/** Search attributes (all of type Keyword) that every operation carries. */
export const SEARCH_ATTRIBUTES = {
  clusterName: 'ClusterName',
  operation: 'Operation',
  phase: 'Phase',
  blockedOn: 'BlockedOn',
  kubernetesVersion: 'KubernetesVersion',
} as const
