import { describe, expect, it } from 'vitest'
import { lastKnownIn } from '../../../src/client/last-known.js'

type Events = Parameters<typeof lastKnownIn>[0]

/** Events of a history: `begin <activity id>` by number, `end`, `fail` of one of them. */
function history(
  ...entries: readonly (readonly [what: 'begin' | 'end' | 'fail', of: string | number])[]
): Events {
  return entries.map(([what, of], index) => {
    const eventId = index + 1
    if (what === 'begin') return { eventId, activityTaskScheduledEventAttributes: { activityId: of } }
    const ended = { scheduledEventId: of }
    return what === 'end'
      ? { eventId, activityTaskCompletedEventAttributes: ended }
      : { eventId, activityTaskFailedEventAttributes: ended }
  }) as unknown as Events
}

describe('the last known step of a host', () => {
  it('comes with its outcome', () => {
    const events = history(
      ['begin', 'cp1: prepare'],
      ['begin', 'w1: prepare'],
      ['end', 1],
      ['fail', 2],
      ['begin', 'cp1: kubeadm init'],
      ['end', 5],
    )
    expect(lastKnownIn(events)).toEqual([
      { host: 'cp1', step: 'kubeadm init', state: 'done' },
      { host: 'w1', step: 'prepare', state: 'failed' },
    ])
  })

  it('is the one that still runs, even if another has ended since', () => {
    const events = history(['begin', 'cp1: kubeadm join (2)'], ['begin', 'cp1: lock'], ['end', 2])
    expect(lastKnownIn(events)).toEqual([{ host: 'cp1', step: 'kubeadm join', state: 'running' }])
  })

  it('is absent if no step ran on a host', () => {
    expect(lastKnownIn(history(['begin', 'resolve stable'], ['end', 1]))).toEqual([])
  })
})
