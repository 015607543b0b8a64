/** Reboots of hosts: all of them, those that need it, within windows, and some that do not come back. */
import type { Cluster } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { RebootRequest } from '../../../src/operations/reboot/request.js'
import type { WindowLook } from '../../../src/values/window.js'
import { aCluster, aClusterWithEtcdHosts } from '../clusters.js'
import { failing, fakeActivities } from '../fake-activities.js'
import { joinedFacts } from '../standings.js'
import { decide } from '../conversation.js'
import { apply, telling, untilState, type Hosts, type Recording } from './recording.js'
import { named, running } from './topologies.js'

const obey = fakeActivities().activities
const small = (name: string) => aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1') })

const ALL: RebootRequest = {
  hosts: [],
  required: false,
  drain: DRAIN_DEFAULTS,
  returnTimeoutMs: 600_000,
  windows: [],
}
const WINDOWED: RebootRequest = { ...ALL, hosts: ['w1', 'w2'], windows: ['Sat 01:00-05:00 Europe/Berlin'] }

function reboot(cluster: Cluster, hosts: Hosts = {}, more: Partial<Recording> = {}): Recording {
  return {
    ...apply(cluster, { ...running(cluster), ...telling(joinedFacts(cluster)), ...hosts }),
    kind: 'reboot',
    review: false,
    request: ALL,
    ...more,
  }
}

/** A window that opens after so many milliseconds, the first time that somebody looks. */
function opening(afterMs: number): Hosts {
  let looks = 0
  return {
    lookAtWindows: (): Promise<WindowLook> => {
      looks += 1
      if (looks > 1) return obey.lookAtWindows()
      const opens = 'Sat 2026-11-28 01:00 Europe/Berlin'
      return Promise.resolve({ isOpen: false, opensAt: Date.now() + afterMs, opens })
    },
  }
}

/** By name, which is also the name of the file. */
export const REBOOTS: Readonly<Record<string, (name: string) => Recording>> = {
  'reboot-all': (name) =>
    reboot(
      small(name),
      {},
      {
        review: true,
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'approve', {})
        },
      },
    ),
  'reboot-etcd-hosts': (name) => reboot(aClusterWithEtcdHosts({ name })),
  'reboot-workers-at-once': (name) =>
    reboot(small(name), {}, { request: { ...ALL, hosts: ['w1', 'w2'], maxUnavailable: '2' } }),
  'reboot-none-required': (name) => reboot(small(name), {}, { request: { ...ALL, required: true } }),
  'reboot-not-back': (name) =>
    reboot(
      small(name),
      { rebootHost: failing(obey.rebootHost, 'cp2') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'retryStep', {})
        },
      },
    ),
  'reboot-worker-skipped': (name) =>
    reboot(
      small(name),
      { rebootHost: failing(obey.rebootHost, 'w1') },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'skipStep', { step: 'worker-reboots/w1', reason: 'its disk is gone' })
        },
      },
    ),
  'reboot-aborted': (name) =>
    reboot(
      small(name),
      { rebootHost: failing(obey.rebootHost, 'cp2') },
      {
        ends: 'OPERATION_ABORTED',
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'abort', {})
        },
      },
    ),
  'reboot-window-opens': (name) => reboot(small(name), opening(1_500), { request: WINDOWED }),
  'reboot-window-overridden': (name) =>
    reboot(small(name), opening(86_400_000), {
      request: WINDOWED,
      talk: async (run) => {
        await untilState(run, 'waiting')
        await decide(run, 'overrideWindow', {})
      },
    }),
  'reboot-unknown-host': (name) =>
    reboot(small(name), {}, { request: { ...ALL, hosts: ['cp9'] }, ends: 'PREFLIGHT_FAILED' }),
  'plan-reboot': (name) => reboot(small(name), {}, { kind: 'plan', request: { reboot: ALL } }),
}
