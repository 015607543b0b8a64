import { describe, expect, it } from 'vitest'
import { NOTIFIER } from '../../../src/operations/notifications/delivery.js'
import { DISPATCHER } from '../../../src/operations/schedule/schedules.js'
import { APPLY_PHASES } from '../../../src/operations/apply-phases.js'
import type { PhaseDefinition } from '../../../src/operations/phase.js'
import {
  definitionOf,
  kindOfWorkflow,
  OPERATION_KINDS,
  OPERATIONS,
  PHASES,
} from '../../../src/operations/registry.js'
import * as workflows from '../../../src/workflows/index.js'
import { createActivities } from '../../../src/activities/index.js'
import { scriptedPool } from '../../support/scripted-session.js'

const server = { namespaceId: 'unit', startedBy: () => Promise.resolve('ops@laptop') }
const activities = Object.keys(createActivities({ sessions: scriptedPool([]), server }))

describe('the registry of operations', () => {
  it('names exactly the workflows that a worker runs', () => {
    const named = [...Object.values(OPERATIONS).map(({ workflow }) => workflow), DISPATCHER, NOTIFIER]
    expect(Object.keys(workflows).toSorted()).toEqual(named.toSorted())
  })

  it.each(OPERATION_KINDS)('finds the kind %s again by its workflow', (kind) => {
    expect(kindOfWorkflow(OPERATIONS[kind].workflow)).toBe(kind)
  })

  it('does not know the workflow of a later release', () => {
    expect(kindOfWorkflow('restoreCluster')).toBeUndefined()
  })
})

describe('every phase', () => {
  const phases = OPERATION_KINDS.flatMap((kind) => Object.entries<PhaseDefinition>(OPERATIONS[kind].phases))

  it.each(phases)(
    '%s has the ID that its title suggests, so that users can guess what to type',
    (id, phase) => {
      expect(id).toBe(phase.title.toLowerCase().replaceAll(' ', '-'))
    },
  )

  it.each(phases)('%s is done by activities that workers have', (_, phase) => {
    expect(activities).toEqual(expect.arrayContaining([...phase.activities]))
  })

  it('means the same as others of its title, whatever operation it belongs to', () => {
    const titles = new Map<string, PhaseDefinition>()
    for (const phase of PHASES) {
      expect(titles.get(phase.title) ?? phase).toEqual(phase)
      titles.set(phase.title, phase)
    }
  })
})

describe('a phase in the answer of a run', () => {
  it('is known by its ID, whatever its title is in that release', () => {
    expect(definitionOf({ id: 'control-planes', title: 'Other control planes' })?.title).toBe(
      'Control planes',
    )
  })

  it('is known by its title where a worker of an earlier release tells no ID', () => {
    expect(definitionOf({ title: 'Control planes' })?.id).toBe('control-planes')
  })

  it('is unknown if this release has no phase of its ID, even if it has one of its title', () => {
    expect(definitionOf({ id: 'spread', title: 'Verify' })).toBeUndefined()
  })
})

describe('the lane of membership', () => {
  it('is shared by all phases that add or restart a member of etcd or an API server', () => {
    const phases = Object.entries<PhaseDefinition>(APPLY_PHASES)
    const ids = phases.filter(([, { lane }]) => lane === 'membership').map(([id]) => id)
    expect(ids).toEqual([
      'renew-certificates',
      'etcd-endpoints',
      'first-configuration',
      'control-plane-configuration',
      'encryption-at-rest',
      'control-planes',
    ])
  })
})
