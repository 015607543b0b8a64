/** What hosts show before a restore, for tests. */
import type { RestoreLook } from '../../src/planning/restore/look.js'
import { aSnapshotRecord, memberStatusesOf } from './member-statuses.js'

/** A control plane with a member that answers, in an etcd that has its majority, and one snapshot, from cp2. */
export function restoreLookAt(host: string, change: Partial<RestoreLook> = {}): RestoreLook {
  const status = memberStatusesOf('cp1', 'cp2', 'cp3').find((one) => one.host === host)
  return {
    host,
    snapshots: [aSnapshotRecord('cp2')],
    pod: {
      image: 'registry.k8s.io/etcd:3.6.8-0',
      name: host,
      peerUrl: `https://${host}.test:2380`,
      dataFolder: '/var/lib/etcd',
      isAside: false,
    },
    ...(status === undefined ? {} : { status }),
    members: ['cp1', 'cp2', 'cp3'].map((name) => ({
      name,
      peerUrls: [`https://${name}.test:2380`],
      learner: false,
      healthy: true,
    })),
    hasData: true,
    freeBytes: 10 * 2 ** 30,
    dataBytes: 50 * 2 ** 20,
    ...change,
  }
}

/** The same without something that it may lack. */
export function lacking(look: RestoreLook, ...fields: readonly (keyof RestoreLook)[]): RestoreLook {
  const kept = Object.entries(look).filter(([name]) => !fields.some((field) => field === name))
  return Object.fromEntries(kept) as unknown as RestoreLook
}
