/** Replacements on scripted hosts, for the tests of their runs. */
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { ReplaceRequest } from '../../../src/operations/input.js'
import { fakeActivities } from '../../support/fake-activities.js'
import type { ReplacedHost } from '../../support/replaced-host.js'
import type { Follow, Script, TemporalScene } from '../../support/temporal-scene.js'

interface Replacement extends Omit<Script<'replace'>, 'cluster' | 'request'> {
  readonly request?: Partial<ReplaceRequest>
}

/** Replaces a host of a finished cluster. */
export function replacing<Outcome>(
  temporal: TemporalScene,
  host: ReplacedHost,
  { hosts = fakeActivities(), activities, request, ...script }: Replacement,
  follow: Follow<'replace', Outcome>,
) {
  return temporal.run(
    'replace',
    {
      cluster: host.cluster,
      request: { ...requestFor(host.name), ...request },
      hosts,
      activities: { ...host.hosts(hosts.activities), ...activities },
      ...script,
    },
    follow,
  )
}

/** The machine of a host is alive, and another one is awaited. */
export const requestFor = (host: string): ReplaceRequest => ({
  host,
  isDead: false,
  inPlace: false,
  drain: DRAIN_DEFAULTS,
})

/** The beginnings of what a control plane does when it leaves a cluster of three. */
export const LEAVES = (name: string, others: string) => [
  `drain ${name}`,
  `lb1 → ${others}`,
  `member ${name}`,
  `reset ${name}`,
  `delete ${name}`,
  `give back ${name}`,
]
/** The beginnings of what it does when it joins again. */
export const JOINS = (name: string) => [
  `prepare ${name}`,
  `test from ${name}`,
  `join ${name}`,
  'lb1 → cp1,cp2,cp3',
  'cluster DNS',
  'verify cp1,cp2,cp3,w1,w2,lb1',
]
