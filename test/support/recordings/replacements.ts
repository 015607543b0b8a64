/** Replacements of machines that are alive, reinstalled or dead. */
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { ReplaceRequest } from '../../../src/operations/input.js'
import { aCluster } from '../clusters.js'
import { fakeActivities } from '../fake-activities.js'
import { ReplacedHost } from '../replaced-host.js'
import { decide } from '../conversation.js'
import { apply, untilState, type Recording } from './recording.js'
import { named } from './topologies.js'

const obey = fakeActivities().activities
const WHOLE = ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1']

function replacement(
  host: ReplacedHost,
  asked: Partial<ReplaceRequest> = {},
  more: Partial<Recording> = {},
): Recording {
  const request = { host: host.name, isDead: false, inPlace: false, drain: DRAIN_DEFAULTS, ...asked }
  return { ...apply(host.cluster, host.hosts(obey)), kind: 'replace', review: false, request, ...more }
}

/** Reinstalls the host once the run waits for that. */
function reinstalledMeanwhile(host: ReplacedHost): Partial<Recording> {
  return {
    talk: async (run) => {
      await untilState(run, 'blocked')
      host.reinstall()
      await decide(run, 'retryStep', { step: `new-machine/${host.name}` })
    },
  }
}

const whole = (name: string) => aCluster({ name, hosts: named(...WHOLE) })

/** By name, which is also the name of the file. */
export const REPLACEMENTS: Readonly<Record<string, (name: string) => Recording>> = {
  'replace-living-control-plane': (name) => {
    const host = new ReplacedHost('cp2', 'alive', whole(name))
    return replacement(host, {}, reinstalledMeanwhile(host))
  },
  'replace-reinstalled-first-control-plane': (name) =>
    replacement(new ReplacedHost('cp1', 'reinstalled', whole(name))),
  'replace-dead-control-plane': (name) => {
    const host = new ReplacedHost('cp3', 'silent', whole(name))
    return replacement(host, { isDead: true }, reinstalledMeanwhile(host))
  },
  'replace-worker-in-place': (name) =>
    replacement(new ReplacedHost('w1', 'alive', whole(name)), { inPlace: true }),
  'plan-replacement': (name) => {
    const host = new ReplacedHost('cp2', 'alive', whole(name))
    const replace = { host: 'cp2', isDead: false, inPlace: false, drain: DRAIN_DEFAULTS }
    return replacement(host, {}, { kind: 'plan', request: { replace } })
  },
}
