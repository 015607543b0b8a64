/** Restores of etcd: to a snapshot, from a survivor, taken back, and refused. */
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { RestoreRequest } from '../../../src/operations/restore/request.js'
import { aCluster, aClusterWithEtcdHosts } from '../clusters.js'
import { failing, fakeActivities, hopeless } from '../fake-activities.js'
import { lacking, restoreLookAt } from '../restore-looks.js'
import { joinedFacts } from '../standings.js'
import { decide } from '../conversation.js'
import { apply, telling, untilState, type Hosts, type Recording } from './recording.js'
import { named, running } from './topologies.js'

const obey = fakeActivities().activities
const small = (name: string) => aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1', 'lb1') })

const SNAPSHOT: RestoreRequest = {
  from: { kind: 'snapshot' },
  dead: [],
  mayBeOfOtherEtcd: false,
  withoutSaving: false,
}

const SURVIVOR: RestoreRequest = { ...SNAPSHOT, from: { kind: 'survivor' }, dead: ['cp2', 'cp3'] }

function restore(
  cluster: Cluster,
  hosts: Hosts = {},
  more: Partial<Recording> = {},
  request = SNAPSHOT,
): Recording {
  return {
    ...apply(cluster, { ...running(cluster), ...telling(joinedFacts(cluster)), ...hosts }),
    kind: 'restore',
    review: false,
    request: { ...request, confirmed: cluster.name },
    ...more,
  }
}

/** Only cp1 answers, and its member has lost its majority. */
function alone(cluster: Cluster): Hosts {
  const facts = joinedFacts(cluster)
  return {
    gatherFacts: (_: Cluster, { name }: Host) =>
      name === 'cp2' || name === 'cp3'
        ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no route to host', name))
        : Promise.resolve(facts.find(({ host }) => host === name)),
    readStanding: () => Promise.resolve({ kind: 'unreadable', host: 'cp1', reason: 'connection refused' }),
    lookForRestore: (_: Cluster, { name }: Host) => Promise.resolve(lacking(restoreLookAt(name), 'members')),
  }
}

const retried: Partial<Recording> = {
  talk: async (run) => {
    await untilState(run, 'blocked')
    await decide(run, 'retryStep', {})
  },
}

const aborted: Partial<Recording> = {
  ends: 'OPERATION_ABORTED',
  talk: async (run) => {
    await untilState(run, 'blocked')
    await decide(run, 'abort', {})
  },
}

/** By name, which is also the name of the file. */
export const RESTORES: Readonly<Record<string, (name: string) => Recording>> = {
  'restore-snapshot': (name) => restore(small(name)),
  'restore-copies-snapshot': (name) =>
    restore(small(name), {
      lookForRestore: (_: Cluster, { name: host }: Host) =>
        Promise.resolve(restoreLookAt(host, host === 'cp1' ? { snapshots: [] } : {})),
    }),
  'restore-without-api': (name) =>
    restore(small(name), {
      readStanding: () => Promise.resolve({ kind: 'unreadable', host: 'cp1', reason: 'connection refused' }),
      lookForRestore: (_: Cluster, { name: host }: Host) =>
        Promise.resolve(lacking(restoreLookAt(host), 'status', 'members')),
    }),
  'restore-parked': (name) =>
    restore(small(name), { startRestoredMember: failing(obey.startRestoredMember, 'cp3') }, retried),
  'restore-left-out': (name) =>
    restore(
      small(name),
      { startRestoredMember: failing(obey.startRestoredMember, 'cp3', 9) },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'skipStep', { step: 'start-etcd/cp3', reason: 'its disk is broken' })
        },
      },
    ),
  'restore-aborted-before-stop': (name) =>
    restore(small(name), { restoreData: failing(obey.restoreData, 'cp2', 9) }, aborted),
  'restore-aborted-after-stop': (name) =>
    restore(small(name), { startRestoredMember: failing(obey.startRestoredMember, 'cp2', 9) }, aborted),
  'restore-going-back-fails': (name) =>
    restore(
      small(name),
      {
        setControlPlaneAside: failing(obey.setControlPlaneAside, 'cp2', 9),
        putDataBack: failing(obey.putDataBack, 'cp2', 9),
      },
      aborted,
    ),
  'restore-of-two-etcds': (name) =>
    restore(
      small(name),
      {
        startRestoredMember: async (cluster: Cluster, host: Host) => {
          const started = await obey.startRestoredMember(cluster, host)
          return host.name === 'cp3' ? { ...started, clusterId: '1' } : started
        },
      },
      { ends: 'RESTORE_FAILED' },
    ),
  'restore-unfinished': (name) =>
    restore(
      small(name),
      {
        lookForRestore: (_: Cluster, { name: host }: Host) =>
          Promise.resolve(restoreLookAt(host, host === 'cp2' ? { unfinished: '01938a3b-0000' } : {})),
        restoreData: failing(obey.restoreData, 'cp1', 9),
      },
      aborted,
    ),
  'restore-damaged': (name) =>
    restore(small(name), { readSnapshot: () => Promise.resolve('damaged') }, { ends: 'PREFLIGHT_FAILED' }),
  'restore-unconfirmed': (name) =>
    restore(small(name), {}, { request: { ...SNAPSHOT, confirmed: 'other' }, ends: 'RESTORE_REFUSED' }),
  'restore-etcd-hosts': (name) => restore(aClusterWithEtcdHosts({ name }), {}, { ends: 'PREFLIGHT_FAILED' }),
  'recover-survivor': (name) => restore(small(name), alone(small(name)), {}, SURVIVOR),
  'recover-stopped-survivor': (name) =>
    restore(
      small(name),
      {
        ...alone(small(name)),
        lookForRestore: (_: Cluster, { name: host }: Host) =>
          Promise.resolve(lacking(restoreLookAt(host), 'members', 'status')),
      },
      {},
      SURVIVOR,
    ),
  'recover-refused': (name) => restore(small(name), {}, { ends: 'PREFLIGHT_FAILED' }, SURVIVOR),
  'plan-restore': (name) => restore(small(name), {}, { kind: 'plan', request: { restore: SNAPSHOT } }),
}
