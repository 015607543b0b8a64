/** What etcd's members say, for tests. */
import type { MemberStatus } from '../../src/facts/etcd-status.js'
import type { SnapshotRecord } from '../../src/operations/snapshot-record.js'

/** Members on these hosts; the first one leads, and all of them are up to date. */
export function memberStatusesOf(...hosts: readonly string[]): readonly MemberStatus[] {
  return hosts.map((host, index) => ({
    host,
    memberId: String(index + 1),
    clusterId: '14841639068965178418',
    leaderId: '1',
    version: '3.6.8',
    revision: 1000,
    bytes: 50 * 2 ** 20,
    bytesInUse: 40 * 2 ** 20,
    learner: false,
    raftTerm: 3,
    raftIndex: 5000,
    raftAppliedIndex: 5000,
    alarms: [],
  }))
}

/** The same, but this is different on one host. */
export function withMember(
  all: readonly MemberStatus[],
  host: string,
  change: Partial<MemberStatus>,
): readonly MemberStatus[] {
  return all.map((one) => (one.host === host ? { ...one, ...change } : one))
}

/** What is written down of a snapshot from a host. */
export function aSnapshotRecord(host: string): SnapshotRecord {
  return {
    name: 'prod-20261127T185125Z-r1000-01938a3b-7c4d',
    cluster: 'prod',
    takenAt: '2026-11-27T18:51:25.000Z',
    host,
    memberId: '2',
    clusterId: '14841639068965178418',
    revision: 1000,
    keys: 700,
    etcdVersion: '3.6.8',
    kubernetesVersion: 'v1.36.3',
    bytes: 50 * 2 ** 20 + 32,
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  }
}
