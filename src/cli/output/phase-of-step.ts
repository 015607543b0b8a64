/** Which activities do the work of which phase: a host may take part in several phases at once. */

const PHASES_OF: Readonly<Record<string, readonly string[]>> = {
  gatherFacts: ['Facts'],
  lockHost: ['Lock hosts'],
  readStanding: ['Running cluster'],
  prepareHost: ['Prepare hosts'],
  makeEtcdAuthority: ['etcd certificates'],
  runEtcdMember: ['etcd'],
  renewEtcdCertificates: ['Renew certificates'],
  setEtcdEndpoints: ['etcd endpoints'],
  configureLoadBalancer: ['Load balancer', 'Load balancer backends'],
  checkLoadBalancer: ['Load balancer health'],
  initControlPlane: ['First control plane'],
  applyPodNetwork: ['Pod network'],
  joinControlPlane: ['Control planes'],
  settleJoin: ['Control planes'],
  abandonJoin: ['Control planes'],
  joinWorker: ['Workers'],
  spreadClusterDns: ['Cluster DNS'],
  verifyCluster: ['Verify'],
}

const KNOWN_PHASES: ReadonlySet<string> = new Set(Object.values(PHASES_OF).flat())

/** Whether the activity is a step of the phase. An unknown activity or phase may belong anywhere. */
export function runsIn(activity: string, phase: string): boolean {
  const phases = PHASES_OF[activity]
  return phases === undefined || phases.includes(phase) || !KNOWN_PHASES.has(phase)
}
