/** Checks that what is scheduled can be done. */
import type { Outline } from '../lenient.js'
import type { Finding } from '../problem.js'
import { problem } from './finding.js'

export function checkSchedules({ schedules, etcd }: Outline): readonly Finding[] {
  if (schedules['snapshot'] === undefined || etcd['endpoints'] === undefined) return []
  return [
    problem(
      ['spec', 'schedules', 'snapshot'],
      'spec.etcd.endpoints names an etcd of your own, which Quorate takes no snapshots of',
      'remove it; take snapshots where that etcd is run',
    ),
  ]
}
